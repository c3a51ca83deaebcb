-- The rows of one file in its order, good and bad, before any is judged.
CREATE OR REPLACE TEMP TABLE staged AS
SELECT row_number() OVER () AS n, * FROM ($rows)
