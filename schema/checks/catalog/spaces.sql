-- Each space has as many vectors as it says, and one of the spaces is the default.
SELECT count(*) AS faults, min(space) AS example
FROM (
    SELECT s.space, s.items, count(v.$key) AS n, max(CAST(s.is_default AS INTEGER)) AS is_default
    FROM $spaces AS s LEFT JOIN $vectors AS v ON v.space = s.space
    WHERE s.catalog = $catalog AND s.kind = 'vectors'
    GROUP BY s.space, s.items
    UNION ALL
    SELECT 'the default', count(*), 1, 1 FROM $spaces WHERE catalog = $catalog AND is_default HAVING count(*) > 1
)
WHERE items <> n
