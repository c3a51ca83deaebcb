-- Per space: the items that both versions have, and how many of them have another list of nearest items.
WITH
before AS (
    SELECT space, $key AS id, list(neighbor_id ORDER BY rank ASC) AS near
    FROM $before.main.$neighbors WHERE rank <= $$k GROUP BY ALL
),
now AS (
    SELECT space, $key AS id, list(neighbor_id ORDER BY rank ASC) AS near
    FROM $now.main.$neighbors WHERE rank <= $$k GROUP BY ALL
)
SELECT space, count(*) AS items, count(*) FILTER (before.near <> now.near) AS changed
FROM before JOIN now USING (space, id)
GROUP BY space ORDER BY space ASC;
