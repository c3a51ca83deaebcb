-- hidden_gems: Movies like one movie that are well liked by the few who rated them.
-- for: movies
-- $movie VARCHAR = 'Blade Runner (1982)' -- the movie, by title or id
-- $max_ratings INTEGER = 25 -- no movie with more ratings than this
-- $min_mean DOUBLE = 3.5 -- the least mean rating
-- $k INTEGER = 10 -- how many rows
SELECT rank, movie_id, title, genres, n_ratings, round(mean_rating, 2) AS mean_rating, score
FROM similar_movies(
    coalesce(getvariable('movie'), 'Blade Runner (1982)'),
    k := coalesce(getvariable('k'), 10),
    filter := n_ratings BETWEEN 1 AND coalesce(getvariable('max_ratings'), 25)
        AND mean_rating >= coalesce(getvariable('min_mean'), 3.5)
)
ORDER BY rank ASC;
