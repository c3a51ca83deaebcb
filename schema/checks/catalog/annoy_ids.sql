-- Every item of an Annoy index has a vector in its space.
SELECT count(*) AS faults, min(concat(i.space, ' ', m.id)) AS example
FROM $annoy_items AS m
JOIN $annoy_indexes AS i ON i.index_name = m.index_name AND i.catalog = $catalog
ANTI JOIN $vectors AS v ON v.space = i.space AND v.$key = m.id
