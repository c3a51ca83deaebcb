-- The columns of all tables, with all that adds them again.
SELECT table_name, column_name, data_type, column_default, comment FROM duckdb_columns()
WHERE database_name = $database AND schema_name = 'main'
ORDER BY table_name, column_index;
