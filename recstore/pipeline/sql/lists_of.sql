-- The neighbours of some items, in rank order.
SELECT neighbor_id, score FROM $old.main.$neighbors
WHERE space = $$space AND $key IN (SELECT unnest(CAST($$ids AS INTEGER[])))
ORDER BY $key ASC, rank ASC
