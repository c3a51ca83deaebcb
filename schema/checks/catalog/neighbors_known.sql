-- An item and its neighbours have a vector in the space.
SELECT count(*) AS faults, min(concat(n.space, ' ', n.id)) AS example
FROM (
    SELECT space, neighbor_id AS id FROM $neighbors
    UNION ALL
    SELECT space, $key FROM $neighbors WHERE rank = 1
) AS n
ANTI JOIN $vectors AS v ON v.space = n.space AND v.$key = n.id
