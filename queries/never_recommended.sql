-- never_recommended: What many know and yet stands in nobody's top ten, and so is never shown.
-- for: any with interactions
-- $space VARCHAR = '${space}' -- the space
-- $${least} INTEGER = 20 -- only what at least so many people had to do with
-- $k INTEGER = 20 -- how many rows
SELECT ${columns}
FROM ${items} AS i
ANTI JOIN (
    SELECT neighbor_id FROM ${neighbors}
    WHERE space = coalesce(getvariable('space'), '${space}') AND rank <= 10
) AS shown ON shown.neighbor_id = i.${key}
WHERE ${popularity} >= coalesce(getvariable('${least}'), 20)
ORDER BY ${popularity} DESC, i.${key} ASC
LIMIT coalesce(getvariable('k'), 20);
