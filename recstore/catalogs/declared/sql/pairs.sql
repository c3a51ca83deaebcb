-- Who had which item, by dense positions: how much in all, how it was rated last, and when last. What was taken back is
-- not there. Of users with more items than are wanted the latest stay.
CREATE OR REPLACE TEMP TABLE summed AS
SELECT
    $user AS person, $stand_in AS visit, i._rs_no AS item, sum(amount) AS amount, $rated AS rating, max(moment) AS moment
FROM (SELECT *, $amount AS amount, $value AS stars, $time AS moment FROM $interactions) AS h
JOIN $items AS i ON i.$identity = h.$item
GROUP BY ALL
HAVING sum(amount) > 0;
CREATE OR REPLACE TEMP TABLE people AS
SELECT person, visit, CAST(row_number() OVER (ORDER BY person ASC, visit ASC) - 1 AS INTEGER) AS position, n
FROM (SELECT person, visit, count(*) AS n FROM summed GROUP BY ALL);
CREATE OR REPLACE TEMP TABLE pairs AS
SELECT p.position AS person, s.item, s.amount, s.rating, s.moment
FROM summed AS s
JOIN people AS p ON p.person IS NOT DISTINCT FROM s.person AND p.visit IS NOT DISTINCT FROM s.visit
WHERE p.n <= $most
UNION ALL
SELECT person, item, amount, rating, moment
FROM (
    SELECT p.position AS person, s.item, s.amount, s.rating, s.moment
    FROM summed AS s
    JOIN people AS p ON p.person IS NOT DISTINCT FROM s.person AND p.visit IS NOT DISTINCT FROM s.visit
    WHERE p.n > $most
    QUALIFY row_number() OVER (PARTITION BY p.position ORDER BY s.moment DESC NULLS LAST, s.item ASC) <= $most
);
DROP TABLE summed;
