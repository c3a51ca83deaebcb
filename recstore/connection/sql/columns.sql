-- The columns of the relations of a store. Those of a view are what the file remembers: to ask for them binds nothing.
SELECT table_name, column_name, data_type, comment
FROM duckdb_columns() WHERE database_name = $database AND schema_name = 'main'
ORDER BY table_name ASC, column_index ASC
