-- What one item alone says brings it near to no other.
CREATE OR REPLACE TEMP TABLE vocabulary AS
SELECT term, CAST(row_number() OVER (ORDER BY term ASC) - 1 AS INTEGER) AS position
FROM (
    SELECT term FROM terms_of_items GROUP BY term
    HAVING count(*) > 1 OR (SELECT count(*) FROM $items) < 1000
);
