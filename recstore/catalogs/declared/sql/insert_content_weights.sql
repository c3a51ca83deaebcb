-- An item without weights leads to those most like it in content, and they to it: little, so that it comes after all
-- that ratings point to.
INSERT INTO $weights
WITH
unweighed AS MATERIALIZED (SELECT _rs_no FROM $items ANTI JOIN $weights USING (_rs_no)),
nearest AS MATERIALIZED (
    SELECT n._rs_no, n.neighbor_id, n.score / 1000 AS taste
    FROM $neighbors AS n SEMI JOIN unweighed USING (_rs_no)
    WHERE n.space = 'content' AND n.rank <= $$stand_ins AND n.score > 0
)
SELECT _rs_no, neighbor_id, taste, 0, true FROM nearest
UNION ALL
SELECT neighbor_id, _rs_no, taste, 0, true FROM nearest WHERE neighbor_id NOT IN (SELECT _rs_no FROM unweighed)
ORDER BY ALL;
