INSERT INTO $interactions ($names)
SELECT $columns
FROM (SELECT $select FROM $source) AS h $known
WHERE $sound
