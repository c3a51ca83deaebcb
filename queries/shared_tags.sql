-- shared_tags: Why movies are alike: the tags that a movie and its neighbours have in common.
-- for: movies
-- $movie VARCHAR = 'Pulp Fiction (1994)' -- the movie, by title or id
-- $k INTEGER = 10 -- how many neighbours
WITH asked AS (
    SELECT movie_id FROM movies
    WHERE coalesce(getvariable('movie'), 'Pulp Fiction (1994)') IN (title, CAST(movie_id AS VARCHAR))
    ORDER BY n_ratings DESC, movie_id ASC
    LIMIT 1
),
own AS (
    SELECT DISTINCT lower(t.tag) AS tag FROM tags AS t JOIN asked USING (movie_id)
)
SELECT
    s.rank,
    s.title,
    s.score,
    coalesce(list_sort(list(DISTINCT o.tag) FILTER (WHERE o.tag IS NOT NULL)), []) AS shared
FROM similar_movies(coalesce(getvariable('movie'), 'Pulp Fiction (1994)'), k := coalesce(getvariable('k'), 10)) AS s
LEFT JOIN tags AS t ON t.movie_id = s.movie_id
LEFT JOIN own AS o ON o.tag = lower(t.tag)
GROUP BY s.rank, s.title, s.score
ORDER BY s.rank ASC;
