-- The item that is meant, and the spaces in which it has a vector; no row where there is none.
WITH asked AS (
    SELECT CAST($$item AS VARCHAR) AS text, 1 AS place
),
meant AS (
    $meant
)
SELECT m.text, list(v.space ORDER BY v.space ASC) FILTER (v.space IS NOT NULL)
FROM meant AS m
JOIN $items AS i ON i.$key = m.id
LEFT JOIN $vectors AS v ON v.$key = i.$key
GROUP BY m.text
