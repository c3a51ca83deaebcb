-- Of rows with one id the first (or the last) stays; rows that are the same in all else are one, and what differs is at
-- fault. Few ids are repeated, so only theirs are sorted.
CREATE OR REPLACE TABLE gathered.repeated_items AS
WITH
several AS (
    SELECT $identity AS _rs_id FROM gathered.shaped_items WHERE $identity IS NOT NULL GROUP BY _rs_id HAVING count(*) > 1
),
rows_of AS (
    SELECT _rs_line, $identity AS id, hash($columns) AS same
    FROM gathered.shaped_items WHERE $identity IN (SELECT _rs_id FROM several)
),
kept AS (SELECT id, $first(_rs_line) AS line FROM rows_of GROUP BY id)
SELECT r._rs_line, r.same = k.same AS is_same
FROM rows_of AS r
JOIN (SELECT k.id, k.line, o.same FROM kept AS k JOIN rows_of AS o ON o._rs_line = k.line) AS k ON k.id = r.id
WHERE r._rs_line <> k.line;
