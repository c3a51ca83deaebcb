-- Every value is one that a loader would have taken.
SELECT count(*) AS faults, min(concat(fault, ', in ', k)) AS example
FROM (
    SELECT {$packed} AS k, CASE $faults END AS fault
    FROM $table
)
WHERE fault IS NOT NULL
