-- How many values of an added column belong to rows that the new table does not have.
SELECT count(*)
FROM $source AS o
WHERE o.$column IS NOT NULL AND NOT EXISTS (FROM $target AS n WHERE $same)
