-- Positions of an Annoy index and items belong to each other one to one, and are those of its space.
SELECT count(*) AS faults, min(i.index_name) AS example
FROM $annoy_indexes AS i
LEFT JOIN (
    SELECT index_name, count(*) AS n, count(DISTINCT item) AS items, count(DISTINCT id) AS ids, max(item) AS last
    FROM $annoy_items GROUP BY index_name
) AS m ON m.index_name = i.index_name
LEFT JOIN $spaces AS s ON s.catalog = i.catalog AND s.space = i.space
WHERE NOT coalesce(
    m.n = i.items AND m.items = i.items AND m.ids = i.items AND m.last = i.items - 1
    AND s.items = i.items AND s.dimensions = i.dimensions, false)
