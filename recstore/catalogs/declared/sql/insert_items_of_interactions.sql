INSERT INTO $items ($identity, _rs_no, _rs_popularity, _rs_categories)
SELECT
    id, CAST((SELECT coalesce(max(_rs_no), 0) FROM $items) + row_number() OVER (ORDER BY id ASC) AS INTEGER), 0, []
FROM (SELECT DISTINCT $item AS id FROM $source)
WHERE id IS NOT NULL AND id NOT IN (SELECT $identity FROM $items WHERE $identity IS NOT NULL)
ORDER BY id ASC;
