-- Where the items of a space lie, those that are preferred first.
SELECT p.x, p.y, i._rs_id AS id, i._rs_title AS title, i._rs_color AS color
FROM (
    SELECT
        $key AS _rs_item, $id AS _rs_id, $title AS _rs_title, $color AS _rs_color,
        row_number() OVER (ORDER BY $preferred, $key ASC) AS _rs_place
    FROM $items
) AS i
JOIN $table AS p ON p.$key = i._rs_item
WHERE p.space = $$space
ORDER BY i._rs_place ASC
LIMIT $$most
