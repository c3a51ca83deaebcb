-- The tables and views of a store, with what they are for, and whether each is a view.
SELECT table_name, comment, false
FROM duckdb_tables() WHERE database_name = $database AND schema_name = 'main'
UNION ALL
SELECT view_name, comment, true
FROM duckdb_views() WHERE database_name = $database AND schema_name = 'main' AND NOT internal
ORDER BY ALL
