-- How many ids differ from another by case or blanks alone, and two that do.
SELECT coalesce(sum(n), 0), first(one), first(other)
FROM (
    SELECT count(*) AS n, min(id) AS one, max(id) AS other
    FROM (SELECT $identity AS id FROM $source GROUP BY id)
    GROUP BY lower(trim(id)) HAVING count(*) > 1
    ORDER BY one
)
