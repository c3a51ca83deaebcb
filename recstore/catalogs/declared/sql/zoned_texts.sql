-- How many of the first texts are times with a zone at their end.
SELECT count(*) FILTER (regexp_matches(text, '([zZ]|[+-][0-9]{2}:?([0-9]{2})?)$$') AND contains(text, ':'))
FROM (SELECT $at AS text FROM $source LIMIT 1000)
