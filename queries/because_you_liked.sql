-- because_you_liked: For one person, what is near each favourite and new to them: the rows of a start page.
-- for: any with interactions
-- $user ${user_type} = ${one_user} -- the person, by ${user}
-- $favourites INTEGER = 5 -- how many favourites
-- $k INTEGER = 3 -- how many ${items} for each
WITH history AS (
    SELECT item, sum(worth) AS worth, max(moment) AS moment
    FROM ${history}
    WHERE person = coalesce(getvariable('user'), ${one_user})
    GROUP BY item
),
favourites AS (
    SELECT h.item, i.${title} AS title, h.worth
    FROM history AS h JOIN ${items} AS i ON i.${id} = h.item
    WHERE h.worth > 0
    ORDER BY h.worth DESC, h.moment DESC NULLS LAST, h.item ASC
    LIMIT coalesce(getvariable('favourites'), 5)
),
near AS (
    SELECT f.title AS because_you_liked, f.worth, s.rank, s.${id} AS id, s.${title} AS title, s.score
    FROM favourites AS f, ${similar}(CAST(f.item AS VARCHAR), k := 100) AS s
),
fresh AS (
    SELECT n.* FROM near AS n
    ANTI JOIN history AS h ON h.item = n.id
)
SELECT because_you_liked, worth AS ${your_worth}, id AS ${id}, title AS ${name}, score
FROM fresh
QUALIFY row_number() OVER (PARTITION BY because_you_liked ORDER BY rank ASC) <= coalesce(getvariable('k'), 3)
ORDER BY worth DESC, because_you_liked ASC, rank ASC;
