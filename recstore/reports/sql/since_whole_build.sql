-- Figures of what came to each catalogue since all of it was computed.
SELECT m."catalog", m.space, m.what, m.value
FROM (SELECT unnest(measured) AS m FROM $database.main.builds)
WHERE list_contains(CAST($$whats AS VARCHAR[]), m.what)
ORDER BY ALL
