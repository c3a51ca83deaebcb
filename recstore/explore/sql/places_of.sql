-- Where some items lie on the map of a space.
SELECT i._rs_id AS id, p.x, p.y
FROM (SELECT $key AS _rs_item, $id AS _rs_id FROM $items WHERE list_contains($$wanted, $id)) AS i
JOIN $table AS p ON p.$key = i._rs_item
WHERE p.space = $$space
