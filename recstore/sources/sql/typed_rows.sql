-- Rows of text in the types of their columns; `_rs_odd` marks one that has a value of another type.
SELECT $values, $odd AS _rs_odd
FROM (SELECT $present FROM $reader)
