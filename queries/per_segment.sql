-- per_segment: What to show each segment of your customers, from a table of yours with the columns segment and ${item}.
-- for: any with interactions
-- $segments VARCHAR = ${segments} -- the table, such as 'mine.liked', or a query in parentheses
-- $k INTEGER = 3 -- how many rows for each segment
WITH given AS (
    SELECT CAST(segment AS VARCHAR) AS segment, CAST(${item} AS VARCHAR) AS asked, count(*) AS times
    FROM query('FROM ' || coalesce(
        getvariable('segments'),
        ${segments}
    ))
    GROUP BY ALL
),
favourites AS (
    SELECT * FROM given
    QUALIFY row_number() OVER (PARTITION BY segment ORDER BY times DESC, asked ASC) <= 20
),
near AS (
    SELECT f.segment, s.${id} AS id, s.${title} AS title, sum(s.score * f.times) AS weight
    FROM favourites AS f, ${similar}(f.asked, k := 50) AS s
    GROUP BY ALL
)
SELECT
    n.segment,
    row_number() OVER (PARTITION BY n.segment ORDER BY n.weight DESC, n.id ASC) AS rank,
    n.id AS ${id},
    n.title AS ${name},
    round(n.weight, 4) AS weight
FROM near AS n
ANTI JOIN given AS g ON g.segment = n.segment AND g.asked IN (CAST(n.id AS VARCHAR), CAST(n.title AS VARCHAR))
QUALIFY rank <= coalesce(getvariable('k'), 3)
ORDER BY n.segment ASC, rank ASC;
