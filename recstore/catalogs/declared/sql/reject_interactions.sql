INSERT INTO load_rejects
SELECT $$source, _rs_line, fault.field, fault.reason, CAST(given AS VARCHAR)
FROM (
    SELECT h._rs_line, {$given} AS given, $fault AS fault
    FROM (SELECT $select, _rs_line FROM $source) AS h $known
)
WHERE fault IS NOT NULL
ORDER BY _rs_line;
