DELETE FROM $embeddings WHERE space = $$space AND _rs_no IN (
    SELECT i._rs_no FROM $items AS i JOIN gathered.shaped_items AS s ON s.$identity = i.$identity
)
