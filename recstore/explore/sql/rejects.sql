-- What was not loaded, by source and reason, the most frequent first.
SELECT reason, count(*) AS "lines", source, any_value(raw) AS example
FROM load_rejects
GROUP BY source, reason
ORDER BY "lines" DESC, source ASC, reason ASC
LIMIT 20
