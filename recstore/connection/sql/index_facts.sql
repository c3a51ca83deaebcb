-- One index: what annoy_indexes says of it, the dimensions of its space, and the search_k that was measured.
SELECT
    a.index_name, a.catalog, a.space, a.dimensions, a.trees, a.seed, a.items, a.sha256, a.bytes, s.dimensions,
    CAST(max(coalesce(m.value, a.items)) AS INTEGER)
FROM annoy_indexes AS a
JOIN spaces AS s ON s.catalog = a.catalog AND s.space = a.space
LEFT JOIN (SELECT unnest(measured, recursive := true) FROM builds) AS m
    ON m.catalog = a.catalog AND m.space = a.space AND m.what = 'annoy search_k'
WHERE a.catalog = $catalog AND a.space = $space
GROUP BY ALL;
