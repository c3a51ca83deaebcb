SELECT value, count(*) AS n
FROM (SELECT nullif(trim(CAST($column AS VARCHAR)), '') AS value FROM $source)
WHERE value IS NOT NULL
GROUP BY value ORDER BY n DESC, value ASC LIMIT $limit
