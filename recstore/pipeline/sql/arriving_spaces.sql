-- The spaces of a catalogue that were written as tables.
SELECT space, is_default, recipe, center, explained FROM $arriving.main.spaces WHERE catalog = $$catalog ORDER BY space ASC
