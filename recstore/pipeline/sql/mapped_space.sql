-- The space of a catalogue that is placed on a map: the one that is asked for, or else the default one.
SELECT space
FROM spaces
WHERE catalog = $catalog AND kind = 'vectors' AND items > 1 AND CASE WHEN $space IS NULL THEN true ELSE space = $space END
ORDER BY is_default DESC, items DESC, space ASC
LIMIT 1;
