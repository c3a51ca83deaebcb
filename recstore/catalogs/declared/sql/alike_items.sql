-- How many interactions name an item that is not there, and that differs from one by case or blanks alone; one of each.
SELECT coalesce(sum(n), 0), first(theirs), first(ours)
FROM (
    SELECT g.n, g.id AS theirs, i.id AS ours
    FROM (
        SELECT CAST(h.given AS VARCHAR) AS id, count(*) AS n
        FROM (SELECT $given AS given, $item AS item FROM $source) AS h ANTI JOIN $items AS i ON i.$identity = h.item
        GROUP BY h.given
    ) AS g
    JOIN (
        SELECT lower(trim(CAST($identity AS VARCHAR))) AS _rs_bare, min(CAST($identity AS VARCHAR)) AS id
        FROM $items GROUP BY _rs_bare
    ) AS i ON i._rs_bare = lower(trim(g.id))
    ORDER BY theirs
)
