-- tables: The tables of the store and what they hold.
SELECT table_name, comment
FROM duckdb_tables()
WHERE schema_name = 'main' AND database_name = coalesce(
    (SELECT min(database_name) FROM duckdb_databases() WHERE database_name = 'rec_store'), current_database())
ORDER BY table_name ASC;
