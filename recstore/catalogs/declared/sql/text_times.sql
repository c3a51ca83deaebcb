-- How many texts there are, and how many are times in each of some formats; the first NULL is DuckDB's own reading.
SELECT count(*), count(TRY_CAST(at AS TIMESTAMP)), first(at) FILTER (TRY_CAST(at AS TIMESTAMP) IS NULL)$formats
FROM (SELECT $at AS at FROM $source LIMIT 200000)
WHERE trim(at) <> ''
