-- The items in the order of their numbers, each with its number and its own columns.
SELECT $key, $columns
FROM $items
WHERE $key IS NOT NULL
ORDER BY $key ASC
