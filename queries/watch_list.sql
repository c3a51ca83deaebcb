-- watch_list: What is most like several movies taken together, without those movies.
-- for: movies
-- $liked VARCHAR[] = ['Heat (1995)', 'Fargo (1996)'] -- the movies, by title or id
-- $k INTEGER = 10 -- how many rows
WITH liked AS (
    SELECT unnest(coalesce(getvariable('liked'), ['Heat (1995)', 'Fargo (1996)'])) AS asked
),
near AS (
    SELECT l.asked, s.movie_id, s.title, s.genres, s.score
    FROM liked AS l, similar_movies(l.asked, k := 100) AS s
)
SELECT
    movie_id,
    title,
    genres,
    count(*) AS liked_nearby,
    round(sum(score), 5) AS score_sum,
    arg_max(asked, {'score': score, 'asked': asked}) AS nearest_to
FROM near
WHERE title NOT IN (SELECT trim(asked) FROM liked)
    AND CAST(movie_id AS VARCHAR) NOT IN (SELECT trim(asked) FROM liked)
GROUP BY movie_id, title, genres
ORDER BY score_sum DESC, movie_id ASC
LIMIT coalesce(getvariable('k'), 10);
