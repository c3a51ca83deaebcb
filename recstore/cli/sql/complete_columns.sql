-- The columns of all relations that a session reaches, for completion.
SELECT table_name, column_name, comment
FROM duckdb_columns()
WHERE database_name NOT IN ('system', 'temp') AND NOT internal
ORDER BY database_name ASC, table_name ASC, column_index ASC
