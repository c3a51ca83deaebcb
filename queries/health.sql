-- health: The health of the store: its age, what it holds, what has no vector or no neighbours, what was not loaded.
-- The table catalogs says which tables there are, so the questions about them are put together first. A store of format 1
-- has no such table, and gets the lines that every store has.
SET VARIABLE health_catalogs = (
    SELECT CASE
        WHEN count(*) > 0 THEN 'SELECT catalog, items, key, declaration FROM catalogs'
        ELSE 'SELECT '''' AS catalog, '''' AS items, '''' AS key, '''' AS declaration WHERE false'
    END
    FROM duckdb_tables() WHERE table_name = 'catalogs'
);
SET VARIABLE health_questions = (
    WITH named AS (
        SELECT
            catalog, items, key,
            regexp_extract(declaration, '"vectors": "(\w+)"', 1) AS vectors,
            regexp_extract(declaration, '"neighbors": "(\w+)"', 1) AS neighbors,
            regexp_extract(declaration, '"identity": "([^"\\]*)"', 1) AS id,
            regexp_extract(declaration, '"interactions": \{"table": "(\w+)"', 1) AS interactions,
            regexp_extract(declaration, '"interactions": \{[^}]*"time": "([^"\\]*)"', 1) AS time,
            regexp_extract(declaration, '"interactions": \{[^}]*"item": "([^"\\]*)"', 1) AS item
        FROM query(getvariable('health_catalogs'))
    ),
    lines AS (
        SELECT catalog, 2 AS line, items AS what, format('count(*) FROM "{}"', items) AS question FROM named
        UNION ALL
        SELECT catalog, 3, interactions, format('count(*) FROM "{}"', interactions) FROM named WHERE interactions <> ''
        UNION ALL
        SELECT catalog, 4, 'last of ' || interactions, format('coalesce(CAST(max("{}") AS VARCHAR), '''') FROM "{}"', time, interactions)
        FROM named WHERE time <> ''
        UNION ALL
        SELECT
            catalog, 5, format('{} without {}', items, interactions),
            format('count(*) FROM "{}" AS a ANTI JOIN "{}" AS b ON b."{}" = a."{}"', items, interactions,
                CASE WHEN item = '' THEN key ELSE item END, CASE WHEN item = '' THEN key ELSE id END)
        FROM named WHERE interactions <> ''
        UNION ALL
        SELECT
            catalog, 6, items || ' without a vector in any space',
            format('count(*) FROM "{}" AS a ANTI JOIN "{}" AS b ON b."{}" = a."{}"', items, vectors, key, key)
        FROM named
        UNION ALL
        SELECT
            catalog, 7, items || ' with vectors but no neighbours',
            format('count(*) FROM (SELECT space, "{}" FROM "{}" EXCEPT SELECT space, "{}" FROM "{}")', key, vectors, key, neighbors)
        FROM named
    )
    SELECT coalesce(
        string_agg(format('SELECT {} AS line, ''{}'' AS what, CAST({} AS VARCHAR) AS value FROM {}', line, what,
            split_part(question, ' FROM ', 1), substr(question, strpos(question, ' FROM ') + 6)), ' UNION ALL '
            ORDER BY catalog ASC, line ASC),
        'SELECT 2 AS line, '''' AS what, '''' AS value WHERE false')
    FROM lines
);
SELECT * FROM (
    SELECT 1 AS line, 'days since the build' AS what,
        CAST(date_diff('day', CAST(value AS TIMESTAMP), current_localtimestamp()) AS VARCHAR) AS value
    FROM store_info WHERE key = 'built_at'
    UNION ALL FROM query(getvariable('health_questions'))
    UNION ALL SELECT 8, format('vectors in the space {} of {}', space, catalog), CAST(items AS VARCHAR)
        FROM spaces WHERE kind = 'vectors'
    UNION ALL SELECT 9, 'lines not loaded', CAST(count(*) AS VARCHAR) FROM load_rejects
) AS facts
ORDER BY line ASC, what ASC;
