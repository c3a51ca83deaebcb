SELECT view_name, sql, comment FROM duckdb_views()
WHERE database_name = $database AND schema_name = 'main' AND NOT internal;
