-- The catalogues of which every space has an index, and whether asking it was faster than the scan when it was built.
SELECT s.catalog, coalesce(bool_or(s.is_default AND m.value = 1), false) AS is_faster
FROM spaces AS s
LEFT JOIN annoy_indexes AS a ON a.catalog = s.catalog AND a.space = s.space
LEFT JOIN (SELECT unnest(measured, recursive := true) FROM builds) AS m
    ON m.catalog = s.catalog AND m.space = s.space AND m.what = 'annoy is faster'
GROUP BY s.catalog
HAVING bool_and(a.index_name IS NOT NULL);
