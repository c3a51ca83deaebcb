-- The score of the last neighbour of each item.
SELECT $key AS id, score FROM $old.main.$neighbors WHERE space = $$space AND rank = $$depth
