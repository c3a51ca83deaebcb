-- How long vectors are, the commonest length first, each with how many there are and one item that has it.
SELECT len($vector) AS length, count(*) AS n, CAST(min($identity) AS VARCHAR) AS example
FROM gathered.shaped_items WHERE $vector IS NOT NULL
GROUP BY length ORDER BY n DESC, length
