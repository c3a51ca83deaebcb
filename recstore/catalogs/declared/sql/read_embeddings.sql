-- In the order of the items, as vectors are stored.
SELECT e._rs_no AS item, e.vector
FROM $embeddings AS e SEMI JOIN $items AS i ON i._rs_no = e._rs_no
WHERE e.space = $$space
ORDER BY e._rs_no;
