-- The build that computed each catalogue, and what it was told.
SELECT s.catalog, arg_max(b.build_id, b.built_at), arg_max(b.configuration, b.built_at)
FROM (SELECT DISTINCT catalog FROM spaces) AS s
JOIN builds AS b ON list_contains(b.catalogs, s.catalog)
GROUP BY s.catalog
ORDER BY s.catalog;
