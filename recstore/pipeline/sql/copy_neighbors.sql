-- The neighbours of a space to which nothing comes.
INSERT INTO $neighbors
SELECT space, $key, rank, neighbor_id, score FROM $old.main.$neighbors WHERE space = $$space
