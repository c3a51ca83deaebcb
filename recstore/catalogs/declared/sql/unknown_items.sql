-- Ids that interactions name and no item has, and ids of items: a few of each.
SELECT
    (SELECT list(id) FROM (
        SELECT DISTINCT CAST($given AS VARCHAR) AS id FROM $source
        WHERE $item NOT IN (SELECT $identity FROM $items WHERE $identity IS NOT NULL) OR $item IS NULL
        ORDER BY id LIMIT 3)),
    (SELECT list(id) FROM (SELECT CAST($identity AS VARCHAR) AS id FROM $items ORDER BY id LIMIT 3))
