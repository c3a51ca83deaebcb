CREATE OR REPLACE TEMP TABLE participating_movies AS
SELECT movie_id, CAST(row_number() OVER (ORDER BY movie_id) - 1 AS INTEGER) AS position
FROM (SELECT DISTINCT movie_id FROM ratings SEMI JOIN participating_users USING (user_id));
