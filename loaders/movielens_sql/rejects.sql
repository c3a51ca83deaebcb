-- Every line that was not loaded, with its number. Lines that did not parse carry it. Rows that parsed and are at
-- fault know only their place among the rows; their line follows from the lines that gave no row: the header, blank
-- lines, and those that did not parse. (Read as bare lines, the file lacks only those that cannot be decoded.)
INSERT INTO load_rejects
WITH
bare AS (
    SELECT row_number() OVER () AS bare_line, raw
    FROM read_csv(
        $path, auto_detect = false, header = false, delim = '\x01', quote = '', escape = '', encoding = $encoding,
        columns = {'raw': 'VARCHAR'}, strict_mode = false, store_rejects = true
    )
),
undecodable AS (
    SELECT line, row_number() OVER (ORDER BY line) AS so_far FROM unparsed_lines WHERE is_undecodable
),
without_row AS (
    SELECT line, row_number() OVER (ORDER BY line) AS so_far
    FROM (
        SELECT 1 AS line WHERE $header
        UNION
        SELECT b.bare_line + coalesce(u.so_far, 0)
        FROM bare AS b ASOF LEFT JOIN undecodable AS u ON b.bare_line > u.line - u.so_far
        WHERE coalesce(b.raw, '') = ''
        UNION
        SELECT unnest(range(line, line + 1 + len(raw) - len(replace(raw, chr(10), '')))) FROM unparsed_lines
    )
),
placed AS (
    SELECT n, n + coalesce(sum(breaks) OVER (ORDER BY n ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING), 0) AS place
    FROM staged
),
at_fault AS (
    SELECT f."column", f.reason, p.place + coalesce(w.so_far, 0) AS line
    FROM faults AS f
    JOIN placed AS p ON p.n = f.n
    ASOF LEFT JOIN without_row AS w ON p.place > w.line - w.so_far
),
in_bare AS (
    SELECT a.*, a.line - coalesce(u.so_far, 0) AS bare_line
    FROM at_fault AS a ASOF LEFT JOIN undecodable AS u ON a.line > u.line
)
SELECT $source, line, "column", reason, raw FROM unparsed_lines
UNION ALL
SELECT $source, i.line, i."column", i.reason, b.raw FROM in_bare AS i LEFT JOIN bare AS b USING (bare_line)
ORDER BY line
