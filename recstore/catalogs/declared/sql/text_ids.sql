-- Of what kind ids are that stand in text: how many, whether all are whole numbers as a number is written, how many are
-- in scientific notation, and whether all are numbers.
SELECT
    count(*), coalesce(bool_and(regexp_full_match(id, '-?(0|[1-9][0-9]{0,17})')), false),
    count(*) FILTER (regexp_full_match(id, '[+-]?[0-9]+[.]?[0-9]*[eE][+-]?[0-9]+')),
    coalesce(bool_and(regexp_full_match(id, '[+-]?([0-9]+[.]?[0-9]*|[.][0-9]+)([eE][+-]?[0-9]+)?')), false)
FROM (SELECT CAST($id AS VARCHAR) AS id FROM $source)
WHERE trim(id) <> ''
