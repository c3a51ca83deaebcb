-- The movies that somebody rated, by their positions.
SELECT DISTINCT movie_id FROM ratings ORDER BY movie_id ASC;
