-- Ids in text that differ, and are one as whole numbers: two of them, and how many such numbers there are.
SELECT min(id), max(id), count(*) OVER ()
FROM (SELECT DISTINCT regexp_replace(trim(CAST($id AS VARCHAR)), '[.]0*$$', '') AS id, $typed AS typed FROM $source)
WHERE typed IS NOT NULL AND regexp_full_match(id, '[0-9]+')
GROUP BY typed
HAVING count(DISTINCT id) > 1
ORDER BY typed
LIMIT 1
