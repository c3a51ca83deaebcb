-- The indexes that somebody made, with the statements that make them again.
SELECT schema_name, index_name, sql, comment FROM duckdb_indexes()
WHERE database_name = $database AND sql IS NOT NULL
ORDER BY schema_name, index_name;
