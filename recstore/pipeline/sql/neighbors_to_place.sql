-- The nearest items of each item of a space, in order, as positions among the items in order.
SELECT n.neighbor_id AS neighbor, n.score AS score
FROM $neighbors AS n
WHERE n.space = $space AND n.rank <= $k
ORDER BY n.$key ASC, n.rank ASC
