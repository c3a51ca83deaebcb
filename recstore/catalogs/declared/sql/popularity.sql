-- How many users had each item.
UPDATE $items SET _rs_popularity = counted.n
FROM (
    SELECT i._rs_no AS item, count(p.item) AS n
    FROM $items AS i LEFT JOIN pairs AS p ON p.item = i._rs_no
    WHERE i._rs_no IS NOT NULL
    GROUP BY i._rs_no
) AS counted
WHERE $items._rs_no = counted.item;
