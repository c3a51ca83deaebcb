-- How many interactions have each fault.
SELECT $reason AS fault, count(*)
FROM (SELECT $select FROM $source) AS h $known
WHERE NOT ($sound)
GROUP BY fault
