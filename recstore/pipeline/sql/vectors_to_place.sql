-- The vectors of a space in order of the items.
SELECT $key AS id, vector FROM $vectors WHERE space = $space ORDER BY $key ASC
