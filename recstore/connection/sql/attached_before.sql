-- The databases that go by the names of a view database and of its store, and whether each holds a store.
SELECT lower(d.database_name), d.database_name, bool_or(t.name = 'store_info')
FROM duckdb_databases() AS d
LEFT JOIN (
    SELECT database_name, table_name AS name FROM duckdb_tables()
    UNION ALL
    SELECT database_name, view_name FROM duckdb_views()
) AS t USING (database_name)
WHERE lower(d.database_name) IN (lower($alias), lower($database))
GROUP BY ALL
