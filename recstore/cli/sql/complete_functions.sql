-- The functions of the store, for completion: their parameters, and what they are for.
SELECT function_name, any_value(parameters), any_value(comment)
FROM duckdb_functions()
WHERE database_name = current_database() AND function_type = 'table_macro' AND NOT internal
GROUP BY function_name
ORDER BY function_name ASC
