INSERT INTO $neighbors SELECT $$space, id, rank, neighbor_id, score FROM neighbors_to_insert;
