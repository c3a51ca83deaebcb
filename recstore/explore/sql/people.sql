-- Who chose the most, of those whose id begins as it was typed.
SELECT CAST($user AS VARCHAR) AS person
FROM $table
WHERE $user IS NOT NULL AND starts_with(CAST($user AS VARCHAR), $$beginning)
GROUP BY $user
ORDER BY count(*) DESC, $user ASC
LIMIT 20
