-- Every vector is of unit length, so finite, and has its space's dimensions, and its item exists.
SELECT count(*) AS faults, min(concat(v.space, ' ', v.$key)) AS example
FROM $vectors AS v
LEFT JOIN $spaces AS s ON s.catalog = $catalog AND s.space = v.space
LEFT JOIN $items AS i ON i.$key = v.$key
WHERE NOT coalesce(
    abs(list_inner_product(v.vector, v.vector) - 1) < 1e-4 AND len(v.vector) = s.dimensions AND i.$key IS NOT NULL, false)
