-- The functions of the store, for completion: their parameters by overload, the plainest first, and what they are for.
SELECT function_name, list(parameters ORDER BY len(parameters) ASC), any_value(comment)
FROM duckdb_functions()
WHERE database_name = current_database() AND function_type = 'table_macro' AND NOT internal
GROUP BY function_name
ORDER BY function_name ASC
