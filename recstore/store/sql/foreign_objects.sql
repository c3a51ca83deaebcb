-- Anything that somebody else put in: in a schema of their own, or in main under names that are not recstore's.
WITH objects AS (
    SELECT schema_name, table_name AS name FROM duckdb_tables() WHERE database_name = $database AND NOT internal
    UNION ALL
    SELECT schema_name, view_name FROM duckdb_views() WHERE database_name = $database AND NOT internal
    UNION ALL
    SELECT schema_name, function_name FROM duckdb_functions() WHERE database_name = $database AND NOT internal
    UNION ALL
    SELECT schema_name, sequence_name FROM duckdb_sequences() WHERE database_name = $database
    UNION ALL
    SELECT schema_name, type_name FROM duckdb_types() WHERE database_name = $database AND NOT internal
    UNION ALL
    SELECT schema_name, NULL FROM duckdb_schemas() WHERE database_name = $database AND NOT internal
)
SELECT schema_name, name FROM objects
WHERE schema_name <> 'main' OR NOT list_contains(CAST($own AS VARCHAR[]), name)
LIMIT 1;
