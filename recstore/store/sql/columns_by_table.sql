-- The tables of a database with their columns.
SELECT schema_name, table_name, list(column_name) AS columns
FROM duckdb_tables() JOIN duckdb_columns() USING (database_name, schema_name, table_name)
WHERE database_name = ?
GROUP BY ALL
ORDER BY ALL ASC;
