-- How many ids differ from another by case or blanks alone, and two that do.
SELECT coalesce(sum(n), 0), first(one), first(other)
FROM (
    SELECT count(*) AS n, min(_rs_id) AS one, max(_rs_id) AS other
    FROM (SELECT $identity AS _rs_id FROM $source GROUP BY _rs_id)
    GROUP BY lower(trim(_rs_id)) HAVING count(*) > 1
    ORDER BY one
)
