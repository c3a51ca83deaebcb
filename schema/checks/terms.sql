-- Words can be brought into the space $space: its terms weigh something, and point into as many dimensions.
SELECT count(*) AS faults, min(example) AS example
FROM (
    SELECT t.term AS example
    FROM $terms AS t
    LEFT JOIN $spaces AS s ON s.catalog = $catalog AND s.space = '$space'
    WHERE NOT coalesce(
        t.idf >= 1 AND isfinite(t.idf) AND len(t.component) = s.dimensions
        AND isfinite(list_inner_product(t.component, t.component)), false)
    UNION ALL
    SELECT 'there are none' FROM $spaces
    WHERE catalog = $catalog AND space = '$space' AND NOT EXISTS (FROM $terms)
)
