-- What is referred to is there.
SELECT count(*) AS faults, CAST(min(a.$column) AS VARCHAR) AS example
FROM $table AS a ANTI JOIN $target AS b ON b.$key = a.$column
