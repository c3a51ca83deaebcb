-- The stored neighbours of some items in one space.
SELECT $key, neighbor_id, score
FROM $neighbors
WHERE space = ? AND $key IN ($ids)
ORDER BY $key ASC, rank ASC
