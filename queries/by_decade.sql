-- by_decade: The movies most like one movie from each decade.
-- for: movies
-- $movie VARCHAR = 'Alien (1979)' -- the movie, by title or id
-- $k INTEGER = 2 -- how many of each decade
WITH ranked AS (
    SELECT s.year // 10 * 10 AS decade, s.*
    FROM similar_movies(
        coalesce(getvariable('movie'), 'Alien (1979)'), k := 32767, filter := year IS NOT NULL
    ) AS s
)
SELECT decade, movie_id, title, genres, score
FROM ranked
QUALIFY row_number() OVER (PARTITION BY decade ORDER BY rank ASC) <= coalesce(getvariable('k'), 2)
ORDER BY decade ASC NULLS LAST, rank ASC;
