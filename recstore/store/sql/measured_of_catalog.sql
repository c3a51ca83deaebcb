-- What the latest build of a catalogue measured of it as a whole.
SELECT m.what, m.value
FROM (
    SELECT unnest(measured) AS m
    FROM (FROM $builds WHERE list_contains(catalogs, $$catalog) ORDER BY built_at DESC LIMIT 1)
)
WHERE m."catalog" = $$catalog AND m.space IS NULL;
