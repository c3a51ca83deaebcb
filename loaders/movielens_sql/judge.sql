-- The records of a block in the columns of their table, each with what is wrong with it. (U+FFFF stands for bytes that
-- could not be decoded.)
CREATE OR REPLACE TEMP TABLE judged AS
SELECT *, CASE
    WHEN contains(raw, chr(65535)) THEN {'field': NULL, 'reason': 'not valid UTF-8'}
    WHEN n_fields = 0 THEN {'field': NULL, 'reason': 'a quote is out of place'}
    WHEN n_fields <> $n_fields THEN {'field': NULL, 'reason': 'wrong number of columns'}
    WHEN misread IS NOT NULL THEN {'field': misread, 'reason': 'no number'}
    $faults
END AS fault
FROM ($shaped)
