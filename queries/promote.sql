-- promote: What to promote to people who liked one item: its neighbours, and how many of those people lack each.
-- for: any with interactions
-- $${item} VARCHAR = ${example} -- the ${item}, by title or id
-- $${least_worth} DOUBLE = ${liking} -- from which sum of what their interactions count on somebody liked it
-- $k INTEGER = 10 -- how many rows
WITH asked AS (
    SELECT ${id} AS id FROM ${items}
    WHERE coalesce(getvariable('${item}'), ${example}) IN (CAST(${title} AS VARCHAR), CAST(${id} AS VARCHAR))
    ORDER BY ${preferred}, ${key} ASC
    LIMIT 1
),
history AS MATERIALIZED (
    SELECT person, item, sum(worth) AS worth FROM ${history} WHERE person IS NOT NULL GROUP BY ALL
),
fans AS (
    SELECT h.person FROM history AS h JOIN asked AS a ON a.id = h.item
    WHERE h.worth >= coalesce(getvariable('${least_worth}'), ${liking})
),
seen AS (
    SELECT h.item, count(*) AS times, avg(h.worth) AS their_mean
    FROM history AS h JOIN fans USING (person)
    GROUP BY h.item
)
SELECT
    s.rank,
    s.${id},
    s.${title} AS ${name},
    s.score,
    (SELECT count(*) FROM fans) AS fans,
    (SELECT count(*) FROM fans) - coalesce(seen.times, 0) AS ${lacking},
    round(seen.their_mean, 2) AS mean_of_fans
FROM ${similar}(coalesce(getvariable('${item}'), ${example}), k := coalesce(getvariable('k'), 10)) AS s
LEFT JOIN seen ON seen.item = s.${id}
ORDER BY ${lacking} DESC, s.rank ASC;
