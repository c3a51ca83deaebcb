-- The ids without a digit, in their order, and how many ids there are.
SELECT list(id ORDER BY id) FILTER (NOT regexp_matches(id, '[0-9]')), count(*)
FROM (SELECT DISTINCT trim(CAST($id AS VARCHAR)) AS id FROM $source WHERE $id IS NOT NULL)
WHERE id <> ''
