INSERT INTO load_rejects
SELECT $$source, _rs_line, $$column, reason, CAST(given AS VARCHAR)
FROM (
    SELECT {$given} AS given, i._rs_line, CASE WHEN i.$identity IS NULL THEN 'no id' ELSE 'another row has this id' END AS reason
    FROM gathered.shaped_items AS i
    WHERE i.$identity IS NULL OR i._rs_line IN (SELECT _rs_line FROM gathered.repeated_items WHERE NOT is_same)
)
ORDER BY _rs_line;
