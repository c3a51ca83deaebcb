-- Figures of a store that is now the result of another build.
INSERT INTO evaluations BY NAME SELECT * REPLACE ($build AS build_id) FROM evaluations_to_insert;
