-- The functions of the store with their parameters, and what each answers.
SELECT
    function_name || split_part(comment, ': ' || function_name, 2) AS "function",
    split_part(comment, ':', 1) AS answers
FROM (
    SELECT function_name, any_value(comment) AS comment
    FROM duckdb_functions()
    WHERE database_name = current_database() AND function_type = 'table_macro' AND NOT internal
    GROUP BY function_name
)
ORDER BY function_name ASC
