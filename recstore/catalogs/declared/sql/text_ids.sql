-- Of what kind ids are that stand in text: how many, the type that all are whole numbers of as numbers are written (text,
-- where no type holds them), how many are in scientific notation, and whether all are numbers.
SELECT
    count(*),
    CASE WHEN coalesce(bool_and(regexp_full_match(id, '0|-?[1-9][0-9]*')), false) THEN CASE
        WHEN bool_and(TRY_CAST(id AS BIGINT) IS NOT NULL) THEN 'BIGINT'
        WHEN bool_and(TRY_CAST(id AS HUGEINT) IS NOT NULL) THEN 'HUGEINT'
        ELSE 'VARCHAR'
    END END,
    count(*) FILTER (regexp_full_match(id, '[+-]?[0-9]+[.]?[0-9]*[eE][+-]?[0-9]+')),
    coalesce(bool_and(regexp_full_match(id, '[+-]?([0-9]+[.]?[0-9]*|[.][0-9]+)([eE][+-]?[0-9]+)?')), false)
FROM (SELECT CAST($id AS VARCHAR) AS id FROM $source)
WHERE trim(id) <> ''
