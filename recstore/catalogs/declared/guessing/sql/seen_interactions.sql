-- What interactions there are, and how many of them a build could not take: whose item is missing or not known, whose
-- user is missing, or whose time cannot be.
SELECT
    count(*), count(DISTINCT item), count(DISTINCT who), count(*) FILTER (item IS NULL),
    count(*) FILTER (item IS NOT NULL AND NOT is_known), count(*) FILTER (who IS NULL),
    count(*) FILTER (moment < TIMESTAMP '1970-01-02 00:00:00' OR moment > CAST(get_current_timestamp() AS TIMESTAMP) + INTERVAL 1 DAY),
    min(moment), max(moment)
FROM (SELECT $item AS item, $who AS who, $at AS moment, $known AS is_known FROM $source)
