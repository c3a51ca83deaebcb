-- hubs: What stands in the top ten of very many others, and so is shown everywhere.
-- for: any
-- $space VARCHAR = '${space}' -- the space
-- $k INTEGER = 20 -- how many rows
SELECT
    i.${id},
    i.${title} AS ${name},
    ${popularity} AS ${popular},
    count(*) AS in_top_tens,
    round(CAST(count(*) AS DOUBLE) / (SELECT count(DISTINCT ${key}) FROM ${neighbors}
        WHERE space = coalesce(getvariable('space'), '${space}')), 5) AS share_of_${catalog}
FROM ${neighbors} AS n
JOIN ${items} AS i ON i.${key} = n.neighbor_id
WHERE n.space = coalesce(getvariable('space'), '${space}') AND n.rank <= 10
GROUP BY ALL
ORDER BY in_top_tens DESC, i.${id} ASC
LIMIT coalesce(getvariable('k'), 20);
