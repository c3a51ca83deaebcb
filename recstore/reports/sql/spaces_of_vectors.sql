-- The spaces of a catalogue that hold vectors: the default first, then the one in which vectors are looked for.
SELECT space
FROM spaces
WHERE catalog = $catalog AND kind = 'vectors'
ORDER BY is_default DESC, space = $nearest DESC, space ASC
