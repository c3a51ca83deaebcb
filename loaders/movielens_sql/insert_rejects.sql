INSERT INTO load_rejects
SELECT $source, line, $names[fault.field], fault.reason, replace(raw, chr(65535), chr(65533))
FROM judged
WHERE fault IS NOT NULL
ORDER BY line
