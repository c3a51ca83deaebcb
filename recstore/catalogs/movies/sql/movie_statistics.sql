-- How often and how well each movie was rated.
UPDATE movies
SET n_ratings = coalesce(rated.n, 0), mean_rating = rated.mean
FROM (
    SELECT movie_id, n, mean
    FROM (SELECT movie_id FROM movies)
    LEFT JOIN (SELECT movie_id, count(*) AS n, avg(rating) AS mean FROM ratings GROUP BY movie_id) USING (movie_id)
) AS rated
WHERE movies.movie_id = rated.movie_id;
