-- One index: what annoy_indexes says of it, the dimensions of its space, the search_k that was measured, and how many of
-- its bytes stand in its chunks: the others are the vectors of its items.
SELECT
    a.index_name, a.catalog, a.space, a.dimensions, a.trees, a.seed, a.items, a.sha256, a.bytes, s.dimensions,
    CAST(coalesce(max(m.value) FILTER (m.what = 'annoy search_k'), any_value(a.items)) AS INTEGER),
    CAST(coalesce(max(m.value) FILTER (m.what = 'annoy bytes stored'), any_value(a.bytes)) AS BIGINT)
FROM annoy_indexes AS a
JOIN spaces AS s ON s.catalog = a.catalog AND s.space = a.space
LEFT JOIN (SELECT unnest(measured, recursive := true) FROM builds) AS m ON m.catalog = a.catalog AND m.space = a.space
WHERE a.catalog = $catalog AND a.space = $space
GROUP BY ALL;
