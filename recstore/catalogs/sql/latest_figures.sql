-- What the latest build of a catalogue measured of it.
SELECT m.space, m.what, m.value
FROM (
    SELECT unnest(measured) AS m
    FROM (FROM $builds WHERE list_contains(catalogs, $$catalog) ORDER BY built_at DESC LIMIT 1)
)
WHERE m."catalog" = $$catalog;
