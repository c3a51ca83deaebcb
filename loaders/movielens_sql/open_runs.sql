-- Lines that end within a quoted field, each with the lines that may belong to it: those up to the next line that is a
-- record, or begins one, by itself. So a quote that is never closed swallows no record.
-- `last_line` is where the quotes are closed; NULL where they are not. (Windows over ROWS stream; others take a hundred
-- times as long.)
CREATE OR REPLACE TEMP TABLE open_runs AS
WITH
marked AS (
    SELECT
        line, len(text) - len(replace(text, '"', '')) AS quotes,
        regexp_full_match(text, $opening) AS opens, regexp_full_match(text, $standing) AS stands
    FROM lines
),
numbered AS (
    SELECT *, sum(CASE WHEN opens OR stands THEN 1 ELSE 0 END) OVER (ROWS UNBOUNDED PRECEDING) AS run FROM marked
),
opened AS (
    SELECT *, sum(quotes) OVER (PARTITION BY run ORDER BY line ROWS UNBOUNDED PRECEDING) % 2 = 1 AS is_inside
    FROM numbered SEMI JOIN (FROM numbered WHERE opens) AS o USING (run)
)
SELECT min(line) AS first_line, min(line) FILTER (NOT is_inside) AS last_line, max(line) AS end_line
FROM opened
GROUP BY run
