-- What a column of a sample holds: how much of it is there, how much differs, and of what shape it is.
SELECT
    count(text), count(DISTINCT text), coalesce(avg(length(text)), 0), count(*) FILTER (contains(text, ' ')),
    count(number), count(*) FILTER (regexp_full_match(text, '[+-]?[0-9]+[.]?[0-9]*[eE][+-]?[0-9]+')),
    count(*) FILTER (starts_with(lower(text), 'http')), count(*) FILTER (starts_with(text, '[') AND ends_with(text, ']')),
    min(number), max(number), count(*) FILTER (number < 0), count(*) FILTER (number <> round(number)), coalesce(max(length(text)), 0)
FROM (
    SELECT text, CASE WHEN isfinite(TRY_CAST(text AS DOUBLE)) THEN TRY_CAST(text AS DOUBLE) END AS number
    FROM (SELECT nullif(trim(CAST($column AS VARCHAR)), '') AS text FROM $source)
)
