-- promote: What to promote to people who liked a movie: its neighbours, and how many of those people lack each.
-- $movie VARCHAR = 'Toy Story (1995)' -- the movie, by title or id
-- $min_rating DOUBLE = 4.0 -- from which rating on somebody liked it
-- $k INTEGER = 10 -- how many rows
WITH asked AS (
    SELECT movie_id FROM movies
    WHERE coalesce(getvariable('movie'), 'Toy Story (1995)') IN (title, CAST(movie_id AS VARCHAR))
    ORDER BY n_ratings DESC, movie_id ASC
    LIMIT 1
),
fans AS (
    SELECT r.user_id FROM ratings AS r JOIN asked USING (movie_id)
    WHERE r.rating >= coalesce(getvariable('min_rating'), 4.0)
),
seen AS (
    SELECT r.movie_id, count(*) AS fans_who_rated_it, avg(r.rating) AS their_mean
    FROM ratings AS r JOIN fans USING (user_id)
    GROUP BY r.movie_id
)
SELECT
    s.rank,
    s.movie_id,
    s.title,
    s.score,
    (SELECT count(*) FROM fans) AS fans,
    (SELECT count(*) FROM fans) - coalesce(seen.fans_who_rated_it, 0) AS have_not_rated_it,
    round(seen.their_mean, 2) AS mean_of_fans
FROM similar_movies(coalesce(getvariable('movie'), 'Toy Story (1995)'), k := coalesce(getvariable('k'), 10)) AS s
LEFT JOIN seen ON seen.movie_id = s.movie_id
ORDER BY have_not_rated_it DESC, s.rank ASC;
