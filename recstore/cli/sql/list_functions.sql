-- The functions of the store with their parameters, and what each answers.
SELECT
    any_value(function_name || '(' || array_to_string(parameters, ', ') || ')') AS "function",
    any_value(split_part(comment, ':', 1)) AS answers
FROM duckdb_functions()
WHERE database_name = current_database() AND function_type = 'table_macro' AND NOT internal
GROUP BY function_name
ORDER BY function_name ASC
