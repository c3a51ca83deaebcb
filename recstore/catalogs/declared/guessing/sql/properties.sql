-- What properties there are, of how many items each, and in how many rows: those of the most items first.
SELECT CAST(property AS VARCHAR) AS property, count(DISTINCT item) AS items, count(*) AS n
FROM (SELECT $property AS property, $item AS item FROM $source)
WHERE property IS NOT NULL AND item IS NOT NULL
GROUP BY property ORDER BY items DESC, property ASC
