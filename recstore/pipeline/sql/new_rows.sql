-- The added rows that have no row of theirs in the table.
CREATE TEMP TABLE new_rows AS
SELECT a.* EXCLUDE (_rs_place)
FROM (SELECT *, rowid AS _rs_place FROM added_rows) AS a ANTI JOIN $table AS r ON $same
ORDER BY a._rs_place ASC;
