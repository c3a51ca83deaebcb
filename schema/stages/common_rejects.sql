-- The commonest reasons, each with the first line that has it.
SELECT source, min(line) AS first_line, reason, count(*) AS n
FROM load_rejects
GROUP BY source, reason
ORDER BY n DESC, source, first_line
LIMIT 3;
