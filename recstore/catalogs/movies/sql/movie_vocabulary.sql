-- The terms of the movies that take part; others mean nothing to the model.
CREATE OR REPLACE TEMP TABLE vocabulary AS
SELECT term, CAST(row_number() OVER (ORDER BY term) - 1 AS INTEGER) AS position
FROM (SELECT DISTINCT term FROM terms_of_movies SEMI JOIN participating_movies USING (movie_id));
