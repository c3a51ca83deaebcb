-- What a build measured of one space.
SELECT m.value
FROM (SELECT unnest(measured) AS m FROM $builds)
WHERE m.catalog = ? AND m.space = ? AND m.what = ?
