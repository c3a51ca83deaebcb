-- What is not recstore's: kind, schema, name, and all that DuckDB says of it.
WITH columns AS (
    SELECT database_name, table_oid, list(comment ORDER BY column_index) AS comments
    FROM duckdb_columns() WHERE database_name = $database AND NOT internal
    GROUP BY ALL
),
objects AS (
    SELECT 'table' AS kind, schema_name, table_name AS name, concat(sql, comment, CAST(comments AS VARCHAR)) AS said
    FROM duckdb_tables() LEFT JOIN columns USING (database_name, table_oid)
    WHERE database_name = $database AND NOT internal
    UNION ALL
    SELECT 'view', schema_name, view_name, concat(sql, comment)
    FROM duckdb_views() WHERE database_name = $database AND NOT internal
    UNION ALL
    SELECT 'macro', schema_name, function_name, CAST(list(CAST({'p': parameters, 'm': macro_definition, 'c': comment} AS VARCHAR) ORDER BY macro_definition) AS VARCHAR)
    FROM duckdb_functions() WHERE database_name = $database AND NOT internal
    GROUP BY ALL
    UNION ALL
    SELECT 'sequence', schema_name, sequence_name, concat(start_value, ' ', last_value, ' ', increment_by, ' ', comment)
    FROM duckdb_sequences() WHERE database_name = $database
    UNION ALL
    SELECT 'type', schema_name, type_name, CAST({'t': logical_type, 'l': labels, 'c': comment} AS VARCHAR)
    FROM duckdb_types() WHERE database_name = $database AND NOT internal
    UNION ALL
    SELECT 'schema', schema_name, schema_name, ''
    FROM duckdb_schemas() WHERE database_name = $database AND NOT internal
    UNION ALL
    SELECT 'index', schema_name, index_name, sql FROM duckdb_indexes()
    WHERE database_name = $database AND sql IS NOT NULL
)
SELECT kind, schema_name, name, said FROM objects
WHERE schema_name <> 'main' OR NOT list_contains(CAST($own AS VARCHAR[]), name)
UNION ALL
SELECT 'column', schema_name, concat(table_name, '.', column_name), concat(data_type, column_default, comment)
FROM duckdb_columns() JOIN (SELECT database_name, table_oid FROM duckdb_tables()) USING (database_name, table_oid)
WHERE database_name = $database AND schema_name = 'main' AND list_contains(CAST($own AS VARCHAR[]), table_name)
    AND NOT list_contains(CAST($columns AS VARCHAR[]), concat(table_name, '.', column_name))
ORDER BY ALL;
