-- The spaces of a catalogue that recstore makes none of: with vectors, whether `spaces` knows them or not.
SELECT space, coalesce(bool_or(s.is_default), false), any_value(s.recipe)
FROM (
    SELECT space FROM $old.main.$vectors
    UNION
    SELECT space FROM $old.main.spaces WHERE catalog = $$catalog
) LEFT JOIN (FROM $old.main.spaces WHERE catalog = $$catalog) AS s USING (space)
WHERE NOT list_contains(CAST($$made AS VARCHAR[]), space)
GROUP BY space
ORDER BY space;
