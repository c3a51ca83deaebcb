-- What a person chose, the latest first. The names of the items are made where nothing else is in scope.
SELECT _rs_t._rs_id AS id, _rs_t._rs_title AS title, $value AS "value", $time AS "time"
FROM $table AS _rs_i
JOIN (SELECT $identity AS _rs_item, $id AS _rs_id, $title AS _rs_title FROM $items) AS _rs_t
    ON _rs_t._rs_item = _rs_i.$item
WHERE CAST(_rs_i.$user AS VARCHAR) = $$person
ORDER BY "time" DESC NULLS LAST, id ASC
LIMIT $$most
