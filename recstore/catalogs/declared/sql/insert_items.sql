-- The items that are new, numbered on from those that are there in the order of their ids.
INSERT INTO $items ($columns, _rs_no, _rs_popularity, _rs_categories)
SELECT
    $columns,
    CAST((SELECT coalesce(max(_rs_no), 0) FROM $items) + row_number() OVER (ORDER BY $identity ASC) AS INTEGER), 0, []
FROM gathered.shaped_items
WHERE $identity IS NOT NULL AND _rs_line NOT IN (SELECT _rs_line FROM gathered.repeated_items)
    AND $identity NOT IN (SELECT $identity FROM $items WHERE $identity IS NOT NULL)
ORDER BY $identity ASC;
