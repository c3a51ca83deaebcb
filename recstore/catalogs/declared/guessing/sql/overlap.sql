-- Of the different values of one column, how many stand in another, as they are, whatever their case, and as numbers.
WITH
theirs AS (SELECT DISTINCT id FROM (SELECT $theirs AS id FROM $many) WHERE id IS NOT NULL LIMIT 20000),
ours AS MATERIALIZED (SELECT DISTINCT id FROM (SELECT $ours AS id FROM $one) WHERE id IS NOT NULL)
SELECT
    count(*), count(*) FILTER (id IN (SELECT id FROM ours)),
    count(*) FILTER (lower(id) IN (SELECT lower(id) FROM ours)),
    count(*) FILTER (TRY_CAST(id AS BIGINT) IN (SELECT TRY_CAST(id AS BIGINT) FROM ours WHERE TRY_CAST(id AS BIGINT) IS NOT NULL))
FROM theirs
