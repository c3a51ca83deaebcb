-- What a file holds: of rows with the same $identity the one that counts, in the order of the file.
CREATE TEMP TABLE added_rows AS
SELECT a.* EXCLUDE (_rs_place)
FROM (SELECT *, rowid AS _rs_place FROM $table) AS a
QUALIFY row_number() OVER (PARTITION BY $identity ORDER BY $first) = 1
ORDER BY a._rs_place ASC;
TRUNCATE $table;
