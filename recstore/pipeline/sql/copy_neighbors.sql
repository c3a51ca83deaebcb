-- The neighbours of a space, but those of some items, in the order in which they are stored. A bit says for each id
-- whether it is one of these: a join with them would not keep the order.
INSERT INTO $neighbors
SELECT space, $key, rank, neighbor_id, score FROM $old.main.$neighbors
WHERE space = $$space AND get_bit(CAST($$changed AS BIT), $key) = 0
