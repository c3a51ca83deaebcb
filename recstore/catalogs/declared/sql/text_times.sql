-- How many texts there are, and how many are times in each of some formats; the first NULL is DuckDB's own reading.
SELECT count(*), count(TRY_CAST(text AS TIMESTAMP)), first(text) FILTER (TRY_CAST(text AS TIMESTAMP) IS NULL)$formats
FROM (SELECT $at AS text FROM $source LIMIT 200000)
WHERE trim(text) <> ''
