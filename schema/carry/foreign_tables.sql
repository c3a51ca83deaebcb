-- The tables that are not recstore's, each with its columns; `computed` may be filled by the table itself.
SELECT t.schema_name, t.table_name, 
    list({'name': c.column_name, 'computed': c.column_default IS NOT NULL} ORDER BY c.column_index)
FROM duckdb_tables() AS t
JOIN duckdb_columns() AS c USING (database_name, schema_name, table_name)
WHERE t.database_name = $database AND NOT t.internal
    AND NOT (t.schema_name = 'main' AND list_contains(CAST($own AS VARCHAR[]), t.table_name))
GROUP BY t.schema_name, t.table_name, t.table_oid
ORDER BY t.table_oid;
