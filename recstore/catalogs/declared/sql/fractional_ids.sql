-- Ids that are floating-point numbers: how many are not whole, how many are too large to be told from their neighbours,
-- and one of each.
SELECT
    count(*) FILTER (NOT isfinite(id) OR id <> round(id)), first(id) FILTER (NOT isfinite(id) OR id <> round(id)),
    count(*) FILTER (abs(id) > 9007199254740992), first(id) FILTER (abs(id) > 9007199254740992)
FROM (SELECT TRY_CAST(nullif(trim(CAST($id AS VARCHAR)), '') AS DOUBLE) AS id FROM $source)
WHERE id IS NOT NULL AND NOT isnan(id)
