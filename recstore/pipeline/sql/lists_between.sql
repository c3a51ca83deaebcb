-- The neighbours of some items that follow one another, in rank order.
SELECT $key AS id, neighbor_id, score FROM $old.main.$neighbors
WHERE space = $$space AND $key BETWEEN $$first AND $$last
ORDER BY $key ASC, rank ASC
