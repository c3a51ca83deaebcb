-- The lines of a block of the file, each with its number.
CREATE OR REPLACE TEMP TABLE lines AS
SELECT $first + ordinal - 1 AS line, 0 AS breaks, text
FROM (
    SELECT unnest(texts) AS text, generate_subscripts(texts, 1) AS ordinal
    FROM (SELECT string_split($text, chr(10)) AS texts)
)
