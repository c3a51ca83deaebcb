-- because_you_liked: For one person, what is near each favourite and not yet rated: the rows of a start page.
-- $user INTEGER = 1 -- the person, by user_id
-- $favourites INTEGER = 5 -- how many favourites
-- $k INTEGER = 3 -- how many movies for each
WITH favourites AS (
    SELECT r.movie_id, m.title, r.rating
    FROM ratings AS r JOIN movies AS m USING (movie_id)
    WHERE r.user_id = coalesce(getvariable('user'), 1)
    ORDER BY r.rating DESC, r.rated_at DESC NULLS LAST, r.movie_id ASC
    LIMIT coalesce(getvariable('favourites'), 5)
),
near AS (
    SELECT f.title AS because_you_liked, f.rating, s.rank, s.movie_id, s.title, s.score
    FROM favourites AS f, similar_movies(f.movie_id, k := 100) AS s
),
fresh AS (
    SELECT n.* FROM near AS n
    ANTI JOIN (SELECT movie_id FROM ratings WHERE user_id = coalesce(getvariable('user'), 1)) AS seen
        ON seen.movie_id = n.movie_id
)
SELECT because_you_liked, rating AS your_rating, movie_id, title, score
FROM fresh
QUALIFY row_number() OVER (PARTITION BY because_you_liked ORDER BY rank ASC) <= coalesce(getvariable('k'), 3)
ORDER BY your_rating DESC, because_you_liked ASC, rank ASC;
