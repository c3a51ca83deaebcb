-- The tables of the schema main, each with its columns in order.
SELECT table_name, list(column_name ORDER BY column_index)
FROM duckdb_columns()
JOIN (SELECT database_name, table_oid FROM duckdb_tables()) USING (database_name, table_oid)
WHERE database_name = $database AND schema_name = 'main'
GROUP BY table_name;
