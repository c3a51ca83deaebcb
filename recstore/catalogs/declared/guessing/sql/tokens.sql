-- What stands in the fields of a column, taken apart: how many fields have several, how many tokens there are, how many
-- end in whether they were taken, and how many different ones are ids of another table.
WITH
tokens AS MATERIALIZED (SELECT unnest($list) AS token FROM $source WHERE $column IS NOT NULL LIMIT 20000)
SELECT
    (SELECT count(*) FROM $source WHERE len($list) > 1), count(*), count(*) FILTER (regexp_matches(token, '.-[01]$$')),
    (SELECT count(*) FROM (SELECT DISTINCT token FROM tokens)),
    (SELECT count(*) FROM (SELECT DISTINCT token FROM tokens) WHERE token IN (SELECT CAST($id AS VARCHAR) FROM $ids))
FROM tokens
