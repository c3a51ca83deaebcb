-- The columns that a table has beyond these, with all that adds them again.
SELECT column_name, data_type, column_default, comment FROM duckdb_columns()
WHERE database_name = $database AND schema_name = 'main' AND table_name = $table
    AND NOT list_contains(CAST($columns AS VARCHAR[]), column_name)
ORDER BY column_index;
