-- Figures of the spaces of a catalogue, by name, that stay as the latest build had them.
SELECT m.space, m.what, m.value
FROM (
    SELECT unnest(measured) AS m
    FROM (FROM $old.main.builds WHERE list_contains(catalogs, $$catalog) ORDER BY built_at DESC LIMIT 1)
)
WHERE m."catalog" = $$catalog AND m.space IS NOT NULL AND list_contains(CAST($$whats AS VARCHAR[]), m.what)
