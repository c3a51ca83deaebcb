-- The tables and views of a store.
SELECT table_name FROM duckdb_tables() WHERE database_name = $old AND schema_name = 'main'
UNION
SELECT view_name FROM duckdb_views() WHERE database_name = $old AND schema_name = 'main';
