-- The builds whose results are in the store, the latest first.
SELECT
    built_at AS "when", catalogs,
    list_sum(list_transform(sources, lambda s: s.rows)) AS "rows",
    list_sum(list_transform(sources, lambda s: s.rejects)) AS rejects,
    round(list_sum(map_values(seconds)), 1) AS seconds
FROM builds
ORDER BY built_at DESC
LIMIT 20
