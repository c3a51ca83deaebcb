-- A row that somebody put in by hand has no number yet: it follows on those that are there, in the order of the ids.
-- (By its id: a column of the user's may be called rowid, and hides DuckDB's own.)
UPDATE $items SET _rs_no = numbered.no
FROM (
    SELECT $identity AS id, (SELECT coalesce(max(_rs_no), 0) FROM $items) + row_number() OVER (ORDER BY $identity ASC) AS no
    FROM $items WHERE _rs_no IS NULL AND $identity IS NOT NULL
) AS numbered
WHERE $items._rs_no IS NULL AND $items.$identity = numbered.id;
