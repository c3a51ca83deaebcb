-- How many values of a column a type of the store cannot hold as they are, and the first of them.
-- (A text is as it was if it is the same number, where it is to be one; of other types, if it comes back the same.)
SELECT count(*), min_by(CAST($column AS VARCHAR), _rs_line), min(_rs_line)
FROM $source
WHERE $column IS NOT NULL AND NOT $is_nothing AND $changed;
