-- The vectors of a space that its user put in, and whether the item of each is there.
SELECT
    $key AS id, vector, len(vector) AS length, CAST($key IN (SELECT $key FROM $items) AS TINYINT) AS is_there
FROM $old.main.$vectors
WHERE space = ?
ORDER BY $key ASC
