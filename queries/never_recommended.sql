-- never_recommended: Well-known movies that stand in nobody's top ten, and so are never shown.
-- $space VARCHAR = 'hybrid' -- the space
-- $min_ratings INTEGER = 20 -- only movies with at least so many ratings
-- $k INTEGER = 20 -- how many rows
SELECT m.movie_id, m.title, m.genres, m.n_ratings, round(m.mean_rating, 2) AS mean_rating
FROM movies AS m
ANTI JOIN (
    SELECT neighbor_id FROM movie_neighbors
    WHERE space = coalesce(getvariable('space'), 'hybrid') AND rank <= 10
) AS shown ON shown.neighbor_id = m.movie_id
WHERE m.n_ratings >= coalesce(getvariable('min_ratings'), 20)
ORDER BY m.n_ratings DESC, m.movie_id ASC
LIMIT coalesce(getvariable('k'), 20);
