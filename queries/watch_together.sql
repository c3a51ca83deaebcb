-- watch_together: Films that two people could watch together: near what each liked, and seen by neither.
-- for: movies
-- $first_user INTEGER = 1 -- the one, by user_id
-- $second_user INTEGER = 2 -- the other, by user_id
-- $k INTEGER = 10 -- how many rows
WITH people AS (
    SELECT unnest([coalesce(getvariable('first_user'), 1), coalesce(getvariable('second_user'), 2)]) AS user_id
),
favourites AS (
    SELECT r.user_id, r.movie_id, r.rating
    FROM ratings AS r SEMI JOIN people USING (user_id)
    QUALIFY row_number() OVER (PARTITION BY r.user_id ORDER BY r.rating DESC, r.rated_at DESC NULLS LAST, r.movie_id ASC) <= 25
),
near AS (
    SELECT f.user_id, s.movie_id, s.title, max(s.score) AS score, arg_max(f.movie_id, {'score': s.score, 'smaller': -f.movie_id}) AS because
    FROM favourites AS f, similar_movies(f.movie_id, k := 100) AS s
    GROUP BY ALL
),
fresh AS (
    SELECT n.* FROM near AS n
    ANTI JOIN (SELECT r.movie_id FROM ratings AS r SEMI JOIN people USING (user_id)) AS seen
        ON seen.movie_id = n.movie_id
)
SELECT
    a.movie_id,
    a.title,
    round(least(a.score, b.score), 5) AS score,
    x.title AS for_the_first_like,
    y.title AS for_the_second_like
FROM fresh AS a
JOIN fresh AS b ON b.movie_id = a.movie_id
JOIN movies AS x ON x.movie_id = a.because
JOIN movies AS y ON y.movie_id = b.because
WHERE a.user_id = coalesce(getvariable('first_user'), 1) AND b.user_id = coalesce(getvariable('second_user'), 2)
ORDER BY score DESC, a.movie_id ASC
LIMIT coalesce(getvariable('k'), 10);
