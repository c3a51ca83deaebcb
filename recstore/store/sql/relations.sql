-- What stands in the schema main under a name that FROM understands.
SELECT table_name, 'table' FROM duckdb_tables() WHERE database_name = $database AND schema_name = 'main'
UNION ALL
SELECT view_name, 'view' FROM duckdb_views()
WHERE database_name = $database AND schema_name = 'main' AND NOT internal;
