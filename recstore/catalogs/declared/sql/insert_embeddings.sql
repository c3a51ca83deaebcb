-- Vectors that are something: an item whose vector is NULL, has NaN or what no FLOAT holds in it, or points nowhere has
-- none.
INSERT INTO $embeddings (space, _rs_no, vector)
SELECT $$space, i._rs_no, e.vector
FROM (
    SELECT $identity AS id, TRY_CAST($vector AS FLOAT[]) AS vector
    FROM gathered.shaped_items
    WHERE $identity IS NOT NULL AND _rs_line NOT IN (SELECT _rs_line FROM gathered.repeated_items)
) AS e
JOIN $items AS i ON i.$identity = e.id
WHERE CASE
    WHEN len(list_filter(e.vector, lambda x: x IS NULL OR NOT isfinite(x))) = 0 THEN list_max(list_transform(e.vector, lambda x: abs(x))) > 0
END
ORDER BY i._rs_no;
