-- The tables and views of the store and of this session, and what they hold.
SELECT name, holds
FROM (
    SELECT database_name, table_name AS name, comment AS holds, internal FROM duckdb_tables()
    UNION ALL
    SELECT database_name, view_name, comment, internal FROM duckdb_views()
)
WHERE database_name IN (current_database(), 'temp') AND NOT internal
ORDER BY ALL
