-- The item that is named, and the spaces in which it has a vector; no row where there is none.
SELECT i.$key, list(v.space ORDER BY v.space ASC) FILTER (v.space IS NOT NULL)
FROM $items AS i LEFT JOIN $vectors AS v USING ($key)
WHERE i.$name = trim($$item) OR CAST(i.$key AS VARCHAR) = trim($$item)
GROUP BY i.$key
ORDER BY ALL
LIMIT 1
