-- Every line that was not loaded, with its number.
--
-- Rows that parsed and are at fault know only their place among the rows; their line follows from the lines that gave
-- no row: the header, blank lines, and those that did not parse. Lines that did not parse carry a number, but the
-- reader counts a row whose field runs over several lines as one.
-- (Read as bare lines, the file lacks only those that cannot be decoded.)
INSERT INTO load_rejects
WITH
bare AS (
    SELECT row_number() OVER () AS bare_line, raw
    FROM read_csv(
        $path, auto_detect = false, header = false, delim = '\x01', quote = '', escape = '', encoding = $encoding,
        columns = {'raw': 'VARCHAR'}, strict_mode = false, store_rejects = true
    )
),
-- n rows come before the first `skipped` records without a row, so row n + 1 is record n + 1 + skipped.
records_without_row AS (
    SELECT record - so_far AS rows_before, max(so_far) AS skipped
    FROM (
        SELECT record, row_number() OVER (ORDER BY record) AS so_far
        FROM (SELECT 1 AS record WHERE $header UNION SELECT record FROM unparsed_records)
    )
    GROUP BY rows_before
),
long_records AS (
    SELECT s.n + coalesce(w.skipped, 0) AS record, s.breaks
    FROM (FROM staged WHERE breaks > 0) AS s ASOF LEFT JOIN records_without_row AS w ON s.n > w.rows_before
    UNION ALL
    SELECT record, breaks FROM unparsed_records WHERE breaks > 0
),
unparsed AS (
    SELECT
        u.record + coalesce((SELECT sum(l.breaks) FROM long_records AS l WHERE l.record < u.record), 0) AS line,
        u."column", u.reason, u.raw, u.is_undecodable, u.breaks
    FROM unparsed_records AS u
),
undecodable AS (
    SELECT line - so_far AS bare_before, max(so_far) AS skipped
    FROM (SELECT line, row_number() OVER (ORDER BY line) AS so_far FROM unparsed WHERE is_undecodable)
    GROUP BY bare_before
),
lines_without_row AS (
    SELECT line - so_far AS lines_before, max(so_far) AS skipped
    FROM (
        SELECT line, row_number() OVER (ORDER BY line) AS so_far
        FROM (
            SELECT 1 AS line WHERE $header
            UNION
            SELECT b.bare_line + coalesce(u.skipped, 0)
            FROM bare AS b ASOF LEFT JOIN undecodable AS u ON b.bare_line > u.bare_before
            WHERE coalesce(b.raw, '') = ''
            UNION
            SELECT unnest(range(CAST(line AS BIGINT), CAST(line + 1 + breaks AS BIGINT))) FROM unparsed
        )
    )
    GROUP BY lines_before
),
placed AS (
    SELECT n, n + coalesce(sum(breaks) OVER (ORDER BY n ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING), 0) AS place
    FROM staged
),
at_fault AS (
    SELECT f."column", f.reason, p.place + coalesce(w.skipped, 0) AS line
    FROM faults AS f
    JOIN placed AS p ON p.n = f.n
    ASOF LEFT JOIN lines_without_row AS w ON p.place > w.lines_before
),
in_bare AS (
    SELECT a.*, a.line - coalesce(u.skipped, 0) AS bare_line
    FROM at_fault AS a ASOF LEFT JOIN undecodable AS u ON a.line > u.bare_before + u.skipped
)
SELECT $source, line, "column", reason, raw FROM unparsed
UNION ALL
SELECT $source, i.line, i."column", i.reason, b.raw FROM in_bare AS i LEFT JOIN bare AS b USING (bare_line)
ORDER BY line
