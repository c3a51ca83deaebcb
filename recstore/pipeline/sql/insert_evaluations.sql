INSERT INTO evaluations BY NAME FROM evaluations_to_insert;
