-- new_and_for_whom: The newest items that nobody had to do with, and who might like them: who had most that is like them.
-- for: any with interactions
-- $most INTEGER = 10 -- of how many items
-- $k INTEGER = 3 -- how many people for each
WITH fresh AS (
    SELECT i.${id} AS id, i.${title} AS title, i.${key} AS number
    FROM ${offered} AS i
    ANTI JOIN ${history} AS h ON h.item = i.${id}
    ORDER BY i.${key} DESC
    LIMIT coalesce(getvariable('most'), 10)
),
tastes AS (
    SELECT person, item, sum(worth) AS worth
    FROM ${history}
    WHERE person IS NOT NULL
    GROUP BY person, item
    HAVING sum(worth) > 0
),
near AS (
    SELECT f.id, f.title, f.number, s.${id} AS like_it, s.${title} AS like_it_title, s.score
    FROM fresh AS f, ${similar}(CAST(f.id AS VARCHAR), k := 50) AS s
),
people AS (
    SELECT
        n.id, n.title, n.number, t.person,
        sum(n.score * t.worth) AS weight,
        arg_max(n.like_it_title, {'by': n.score * t.worth, 'id': n.like_it}) AS had
    FROM near AS n JOIN tastes AS t ON t.item = n.like_it
    GROUP BY ALL
)
SELECT
    id AS ${id},
    title AS ${name},
    row_number() OVER (PARTITION BY id ORDER BY weight DESC, person ASC) AS rank,
    person AS ${user},
    had,
    round(weight, 4) AS weight
FROM people
QUALIFY rank <= coalesce(getvariable('k'), 3)
ORDER BY number DESC, rank ASC;
