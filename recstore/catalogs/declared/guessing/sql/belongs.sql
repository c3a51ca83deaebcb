-- Of the groups that have several rows, the share of rows that have their group's commonest value, and the same share
-- were there one group. (Values that belong to the group have a high first one, whatever the second.)
WITH
several AS (
    SELECT id, value FROM (SELECT $group AS id, CAST($column AS VARCHAR) AS value FROM $source)
    WHERE id IS NOT NULL AND value IS NOT NULL
),
counted AS (SELECT id, value, count(*) AS n FROM several GROUP BY ALL),
groups AS (SELECT id, sum(n) AS n, max(n) AS most FROM counted GROUP BY id HAVING sum(n) > 1)
SELECT
    coalesce((SELECT sum(most) FROM groups) / (SELECT sum(n) FROM groups), 0),
    coalesce((SELECT max(n) FROM (SELECT sum(n) AS n FROM counted GROUP BY value)) / (SELECT sum(n) FROM counted), 0),
    (SELECT count(*) FROM groups)
