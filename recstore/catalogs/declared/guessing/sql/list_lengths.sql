-- How long lists are: the shortest, the longest, and how many of them are of numbers.
SELECT min(len(list)), max(len(list)), count(list), count(list) FILTER (len(list_filter(list, lambda x: x IS NOT NULL)) = len(list))
FROM (SELECT TRY_CAST($column AS DOUBLE[]) AS list FROM $source WHERE $column IS NOT NULL LIMIT 5000)
