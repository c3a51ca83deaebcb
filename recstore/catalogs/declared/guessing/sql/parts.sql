-- How texts come apart at a mark: how many have it, how many have it exactly once, how many parts there are in all, how
-- many different ones, and how long they are.
WITH texts AS MATERIALIZED (
    SELECT text FROM (SELECT nullif(trim(CAST($column AS VARCHAR)), '') AS text FROM $source) WHERE text IS NOT NULL
)
SELECT
    count(*), count(*) FILTER (contains(text, $mark)), count(*) FILTER (len(string_split(text, $mark)) = 2),
    coalesce(sum(len(string_split(text, $mark))), 0),
    (SELECT count(DISTINCT part) FROM (SELECT lower(trim(unnest(string_split(text, $mark)))) AS part FROM texts)),
    coalesce(avg(length(text) / len(string_split(text, $mark))), 0)
FROM texts
