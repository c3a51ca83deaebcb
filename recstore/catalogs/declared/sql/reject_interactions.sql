INSERT INTO load_rejects
SELECT $$source, h._rs_line, $field, $reason, CAST({$given} AS VARCHAR)
FROM (SELECT $select, _rs_line FROM $source) AS h $known
WHERE NOT ($sound)
ORDER BY h._rs_line;
