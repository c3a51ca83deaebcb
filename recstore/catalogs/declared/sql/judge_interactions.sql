-- How many interactions have each fault.
SELECT $reason AS _rs_fault, count(*)
FROM (SELECT $select FROM $source) AS h $known
WHERE NOT ($sound)
GROUP BY _rs_fault
