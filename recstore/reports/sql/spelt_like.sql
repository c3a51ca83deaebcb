-- Names that are spelt like what was asked for, the year at their end aside.
SELECT $name
FROM (
    SELECT DISTINCT $name,
        jaro_winkler_similarity(regexp_replace(lower($name), ' \([0-9]+\)$$', ''), lower($$name)) AS likeness
    FROM $items
) AS names
WHERE likeness > 0.85
ORDER BY likeness DESC, $name ASC
LIMIT 3
