SELECT *
FROM $source
WHERE $condition
