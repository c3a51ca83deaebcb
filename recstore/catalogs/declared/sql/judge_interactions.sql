-- How many interactions are sound, and how many have each fault.
SELECT fault, count(*)
FROM (SELECT $fault AS fault FROM (SELECT $select FROM $source) AS h $known)
GROUP BY fault
