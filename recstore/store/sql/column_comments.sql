-- What the columns of the schema main are said to hold. DuckDB binds the views that it does not know the columns of.
SELECT table_name, column_name, comment FROM duckdb_columns()
WHERE database_name = $database AND schema_name = 'main' AND comment IS NOT NULL;
