-- rejects: Why lines were not loaded.
SELECT source, "column", reason, count(*) AS lines, min(line) AS first_line
FROM load_rejects
GROUP BY ALL
ORDER BY lines DESC, source ASC NULLS LAST;
