-- dead_stock: What lies on the shelf and does not sell, the most first, and who might like it but never had it.
-- Your stock is a table with the columns ${id} and on_hand; without one, every fifth item is taken for sold out.
-- for: any with interactions
-- $stock VARCHAR = ${stock} -- the table, such as 'mine.stock', or a query in parentheses
-- $days INTEGER = 90 -- nobody bought it in so many days before the last interaction of all
-- $sale DOUBLE = ${sale} -- what an interaction counts at least that is a sale
-- $most INTEGER = 10 -- of how many items
-- $k INTEGER = 3 -- how many people for each
WITH stock AS (
    SELECT ${id} AS id, on_hand FROM query('FROM ' || coalesce(getvariable('stock'), ${stock})) WHERE on_hand > 0
),
history AS MATERIALIZED (
    SELECT * FROM ${history}
),
sold AS (
    SELECT item, max(moment) AS last, count(*) AS times
    FROM history
    WHERE worth >= coalesce(getvariable('sale'), ${sale})
    GROUP BY item
),
dead AS (
    SELECT i.${id} AS id, i.${title} AS title, s.on_hand, d.last, coalesce(d.times, 0) AS times
    FROM ${offered} AS i
    JOIN stock AS s ON s.id = i.${id}
    LEFT JOIN sold AS d ON d.item = i.${id}
    WHERE (d.times IS NULL OR d.last < (SELECT max(moment) FROM history) - to_days(coalesce(getvariable('days'), 90)))
    ORDER BY s.on_hand DESC, times ASC, i.${key} ASC
    LIMIT coalesce(getvariable('most'), 10)
),
tastes AS (
    SELECT person, item, sum(worth) AS worth
    FROM history
    WHERE person IS NOT NULL
    GROUP BY person, item
    HAVING sum(worth) > 0
),
near AS (
    SELECT d.*, s.${id} AS like_it, s.${title} AS like_it_title, s.score
    FROM dead AS d, ${similar}(CAST(d.id AS VARCHAR), k := 50) AS s
),
people AS (
    SELECT
        n.id, n.title, n.on_hand, n.last, n.times, t.person,
        sum(n.score * t.worth) AS weight,
        arg_max(n.like_it_title, {'by': n.score * t.worth, 'id': n.like_it}) AS had
    FROM near AS n JOIN tastes AS t ON t.item = n.like_it
    ANTI JOIN history AS h ON h.person = t.person AND h.item = n.id
    GROUP BY ALL
)
SELECT
    id AS ${id},
    title AS ${name},
    on_hand,
    last AS last_sold,
    row_number() OVER (PARTITION BY id ORDER BY weight DESC, person ASC) AS rank,
    person AS ${user},
    had,
    round(weight, 4) AS weight
FROM people
QUALIFY rank <= coalesce(getvariable('k'), 3)
ORDER BY on_hand DESC, times ASC, ${id} ASC, rank ASC;
