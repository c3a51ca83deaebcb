-- The items among whose neighbours some items are.
SELECT DISTINCT $key AS id FROM $old.main.$neighbors
WHERE space = $$space AND neighbor_id IN (SELECT unnest(CAST($$ids AS INTEGER[])))
ORDER BY id ASC
