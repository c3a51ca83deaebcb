-- per_segment: What to show each segment of your customers, from a table of yours with the columns segment and movie.
-- $segments VARCHAR = '(SELECT round(rating) AS segment, movie_id AS movie FROM ratings)' -- the table, such as 'mine.liked', or a query in parentheses
-- $k INTEGER = 3 -- how many rows for each segment
WITH given AS (
    SELECT CAST(segment AS VARCHAR) AS segment, CAST(movie AS VARCHAR) AS movie, count(*) AS times
    FROM query('FROM ' || coalesce(
        getvariable('segments'),
        '(SELECT round(rating) AS segment, movie_id AS movie FROM ratings)'
    ))
    GROUP BY ALL
),
favourites AS (
    SELECT * FROM given
    QUALIFY row_number() OVER (PARTITION BY segment ORDER BY times DESC, movie ASC) <= 20
),
near AS (
    SELECT f.segment, s.movie_id, s.title, sum(s.score * f.times) AS weight
    FROM favourites AS f, similar_movies(f.movie, k := 50) AS s
    GROUP BY ALL
)
SELECT
    n.segment,
    row_number() OVER (PARTITION BY n.segment ORDER BY n.weight DESC, n.movie_id ASC) AS rank,
    n.movie_id,
    n.title,
    round(n.weight, 4) AS weight
FROM near AS n
ANTI JOIN given AS g ON g.segment = n.segment AND g.movie IN (CAST(n.movie_id AS VARCHAR), n.title)
QUALIFY rank <= coalesce(getvariable('k'), 3)
ORDER BY n.segment ASC, rank ASC;
