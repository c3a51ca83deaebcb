-- The vectors of a space that its user put in, and whether the item of each is there.
SELECT $key AS id, vector, $key IN (SELECT $key FROM $items) AS is_there
FROM $old.main.$vectors
WHERE space = ?
ORDER BY $key ASC
