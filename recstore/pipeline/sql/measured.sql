-- What the builds of a store measured of a catalogue, the earlier before the later.
SELECT m.space, m.what, m.value
FROM (SELECT built_at, unnest(measured) AS m FROM $builds)
WHERE m.catalog = ?
ORDER BY built_at ASC
