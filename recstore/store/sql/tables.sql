SELECT table_name, comment FROM duckdb_tables()
WHERE database_name = $database AND schema_name = 'main' AND NOT internal;
