-- A history leads somewhere: each weight is of two items, finite and above 0, and there are some.
SELECT count(*) AS faults, min(example) AS example
FROM (
    SELECT w.$key || ' to ' || w.neighbor_id AS example
    FROM $weights AS w
    WHERE $itself NOT (isfinite(w.taste) AND isfinite(w.next) AND w.taste + w.next > 0)
    UNION ALL
    -- Items that fewer than three people had have none. Where others were had oftener than there are people, two of them
    -- are of one person. A million rows say so quickly; where something was taken back they do not say it.
    SELECT 'there are none'
    WHERE NOT EXISTS (FROM $weights) AND NOT EXISTS (FROM $interactions AS h WHERE $amount <= 0)
        AND (
            SELECT coalesce(sum(n) FILTER (n >= 3), 0) > max(people)
            FROM (
                SELECT count(DISTINCT $user) AS n, (SELECT count(DISTINCT $user) FROM $interactions) AS people
                FROM (FROM $interactions LIMIT 1000000)
                GROUP BY $item
            )
        )
)
