-- The address of the item that is meant; no row where there is none.
WITH asked AS (
    SELECT CAST($$item AS VARCHAR) AS text, 1 AS place
),
meant AS (
    $meant
)
SELECT $url
FROM meant AS m
JOIN $items AS i ON i.$key = m.id
