-- The most digits before and after the point of exact numbers written as text, and whether any is no such number.
SELECT
    coalesce(max(strlen(ltrim(split_part($column, '.', 1), '-'))), 1),
    coalesce(max(strlen(split_part($column, '.', 2))), 0),
    coalesce(bool_or(NOT regexp_full_match($column, '-?\d+(\.\d*)?')), false)
FROM $table
