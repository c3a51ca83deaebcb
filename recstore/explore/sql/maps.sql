-- How the maps of a catalogue were made, and the build that the store is of now.
SELECT value, (SELECT any_value(b.value) FROM store_info AS b WHERE b.key = 'build_id') AS now
FROM store_info
WHERE starts_with(key, $beginning)
ORDER BY key ASC
