-- Ids that have lost their last digits are those of several items: one id, and two titles that it stands for.
SELECT min(given), min(title), max(title), count(*) OVER ()
FROM (
    SELECT TRY_CAST(nullif(trim(CAST($id AS VARCHAR)), '') AS DOUBLE) AS id, CAST($id AS VARCHAR) AS given, CAST($title AS VARCHAR) AS title
    FROM $source
)
WHERE id IS NOT NULL
GROUP BY id
HAVING min(title) <> max(title)
ORDER BY id
LIMIT 1
