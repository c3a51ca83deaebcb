-- compare_spaces: What each space says of one item, side by side.
-- for: any with interactions
-- $${item} VARCHAR = ${example} -- the ${item}, by title or id
-- $k INTEGER = 10 -- how many rows
SELECT r.rank, h.${title} AS hybrid, h.score AS hybrid_score, l.${title} AS collaborative, l.score AS collaborative_score,
    c.${title} AS content, c.score AS content_score
FROM (SELECT unnest(range(1, coalesce(getvariable('k'), 10) + 1)) AS rank) AS r
LEFT JOIN ${similar}(coalesce(getvariable('${item}'), ${example}), k := coalesce(getvariable('k'), 10),
    space := 'hybrid') AS h ON h.rank = r.rank
LEFT JOIN ${similar}(coalesce(getvariable('${item}'), ${example}), k := coalesce(getvariable('k'), 10),
    space := 'collaborative') AS l ON l.rank = r.rank
LEFT JOIN ${similar}(coalesce(getvariable('${item}'), ${example}), k := coalesce(getvariable('k'), 10),
    space := 'content') AS c ON c.rank = r.rank
ORDER BY r.rank ASC;
