SELECT function_name, function_type, parameters, macro_definition FROM duckdb_functions()
WHERE database_name = $database AND schema_name = 'main' AND NOT internal
    AND function_type IN ('macro', 'table_macro');
