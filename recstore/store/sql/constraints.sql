SELECT table_name, constraint_type, constraint_column_names FROM duckdb_constraints()
WHERE database_name = $database AND schema_name = 'main';
