-- The macros of the schema main: each overload, with what it takes and does.
SELECT
    function_name,
    function_type,
    list(
        {'parameters': parameters, 'types': CAST(parameter_types AS VARCHAR), 'definition': macro_definition}
        ORDER BY parameters, macro_definition
    ),
    any_value(comment)
FROM duckdb_functions()
WHERE database_name = $database AND schema_name = 'main' AND NOT internal
    AND function_type IN ('macro', 'table_macro')
GROUP BY function_name, function_type;
