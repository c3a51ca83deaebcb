-- content_digest: The digest of what the store holds, computed anew, and what its build recorded.
-- One line for each table, and for each space of tables that have spaces: its name, rows, and the sum of their hashes.
-- The order of rows, times, paths, and figures of the machine do not count. This file is made by recstore.digest.
SELECT
    sha256(string_agg(concat_ws(' ', "table", space, "rows", hashes) || chr(10), '' ORDER BY "table" ASC, space ASC)) AS computed,
    (SELECT value FROM store_info WHERE key = 'content_digest') AS recorded
FROM (
$lines
) AS lines;
