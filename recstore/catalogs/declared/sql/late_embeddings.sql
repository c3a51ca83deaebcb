-- Vectors of the source that are new, or others than before, in the order of the items.
SELECT e._rs_no AS item, e.vector
FROM (
    SELECT _rs_no, vector FROM $embeddings WHERE space = $$space
    EXCEPT
    SELECT _rs_no, vector FROM $old.main.$embeddings WHERE space = $$space
) AS e SEMI JOIN $items AS i ON i._rs_no = e._rs_no
ORDER BY e._rs_no;
