-- The vectors of some items of a space that follow one another.
SELECT $key AS id, vector FROM $vectors
WHERE space = $$space AND $key BETWEEN $$first AND $$last
ORDER BY $key ASC;
