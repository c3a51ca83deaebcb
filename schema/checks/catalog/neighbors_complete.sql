-- Every item of a space has all its neighbours: as many as are stored for each, or as there are others.
WITH counted AS (
    SELECT
        space, count(*) AS n, count(*) FILTER (rank = 1) AS firsts,
        count(DISTINCT $key) FILTER (rank = 1) AS items, max(rank) AS deepest
    FROM $neighbors GROUP BY space
)
SELECT count(*) AS faults, min(s.space) AS example
FROM $spaces AS s LEFT JOIN counted AS c ON c.space = s.space
WHERE s.catalog = $catalog AND s.kind = 'vectors' AND NOT coalesce(
    c.items = s.items AND c.firsts = s.items AND c.deepest = least(s.neighbors, s.items - 1)
    AND c.n = CAST(s.items AS BIGINT) * c.deepest, s.items <= 1 AND c.n IS NULL)
