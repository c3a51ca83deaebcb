-- The indexes of the schema main that stand on one of these tables.
SELECT index_name, sql FROM duckdb_indexes()
WHERE database_name = $database AND schema_name = 'main' AND list_contains(CAST($tables AS VARCHAR[]), table_name)
ORDER BY index_name;
