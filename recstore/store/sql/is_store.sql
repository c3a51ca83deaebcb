-- A row where a database holds a store.
FROM duckdb_tables()
WHERE database_name = ? AND schema_name = 'main' AND table_name = 'store_info'
