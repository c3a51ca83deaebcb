-- The tables of the store and what they hold.
SELECT table_name, comment
FROM duckdb_tables()
WHERE database_name = 'rec_store' AND schema_name = 'main'
ORDER BY table_name;
