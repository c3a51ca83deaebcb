INSERT INTO load_rejects
SELECT $file, n, NULL, reason, NULL FROM json_clips WHERE reason IS NOT NULL ORDER BY n
