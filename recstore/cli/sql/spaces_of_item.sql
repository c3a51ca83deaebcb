-- An item by its name or id, and the spaces in which it has a vector.
SELECT i.$key, list(v.space ORDER BY v.space) FILTER (v.space IS NOT NULL)
FROM $items AS i
LEFT JOIN $vectors AS v USING ($key)
WHERE i.$name = trim(?1) OR CAST(i.$key AS VARCHAR) = trim(?1)
GROUP BY i.$key
ORDER BY ALL
LIMIT 1
