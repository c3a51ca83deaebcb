-- An item without weights leads to those most like it in content, and they to it: little, so that it comes after all
-- that histories point to.
INSERT INTO $weights
WITH
unweighed AS MATERIALIZED (SELECT $key FROM $items ANTI JOIN $weights USING ($key)),
nearest AS MATERIALIZED (
    SELECT n.$key, n.neighbor_id, n.score / 1000 AS taste
    FROM $neighbors AS n SEMI JOIN unweighed USING ($key)
    WHERE n.space = 'content' AND n.rank <= $$stand_ins AND n.score > 0
)
SELECT $key, neighbor_id, taste, 0, true FROM nearest
UNION ALL
SELECT neighbor_id, $key, taste, 0, true FROM nearest WHERE neighbor_id NOT IN (SELECT $key FROM unweighed)
ORDER BY ALL;
