-- The commonest reasons, each with the first line that has it. (What an archive holds is named after it and a colon.)
SELECT
    min({'source': source, 'line': line}).source AS source, min({'source': source, 'line': line}).line AS line,
    "column", reason, count(*) AS n
FROM (
    SELECT r.*, f.file
    FROM load_rejects AS r
    JOIN (SELECT DISTINCT unnest(CAST($files AS VARCHAR[])) AS file) AS f
        ON r.source = f.file OR starts_with(r.source, f.file || ':')
    WHERE r.rowid > $after
)
GROUP BY file, "column", reason
ORDER BY n DESC, source, line, "column", reason
LIMIT 3;
