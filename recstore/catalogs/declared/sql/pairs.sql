-- Every interaction with a known item: who, by a dense number, and which item, how much it counts, how good it was, when.
CREATE OR REPLACE TEMP TABLE people AS
SELECT person, visit, CAST(row_number() OVER (ORDER BY person ASC, visit ASC) - 1 AS INTEGER) AS position
FROM (SELECT DISTINCT $user AS person, $stand_in AS visit FROM $interactions);
CREATE OR REPLACE TEMP TABLE events AS
SELECT p.position AS person, i._rs_no AS item, h.amount, h.stars, h.moment
FROM (
    SELECT $user AS person, $stand_in AS visit, $item AS id, $amount AS amount, $value AS stars, $time AS moment
    FROM $interactions AS h
) AS h
JOIN $items AS i ON i.$identity = h.id
JOIN people AS p ON p.person IS NOT DISTINCT FROM h.person AND p.visit IS NOT DISTINCT FROM h.visit;
-- Who had which item: how much in all, how it was rated last, and when last. What was taken back is not there. Of users
-- with more items than are wanted the latest stay.
CREATE OR REPLACE TEMP TABLE pairs AS
SELECT person, item, sum(amount) AS amount, $rated AS rating, max(moment) AS moment
FROM events
GROUP BY person, item;
CREATE OR REPLACE TEMP TABLE left_out AS
SELECT count(*) AS taken_back, 0 AS heavy_users, 0 AS over_most FROM pairs WHERE NOT amount > 0;
DELETE FROM pairs WHERE NOT amount > 0;
CREATE OR REPLACE TEMP TABLE heavy AS SELECT person, count(*) AS n FROM pairs GROUP BY person HAVING n > $most;
UPDATE left_out SET
    heavy_users = (SELECT count(*) FROM heavy), over_most = (SELECT coalesce(sum(n - $most), 0) FROM heavy);
DELETE FROM pairs WHERE person IN (SELECT person FROM heavy) AND rowid NOT IN (
    SELECT rowid FROM pairs WHERE person IN (SELECT person FROM heavy)
    QUALIFY row_number() OVER (PARTITION BY person ORDER BY moment DESC NULLS LAST, item ASC) <= $most
);
