-- How many items each space of a catalogue has, and how many neighbours of each.
SELECT space, items, neighbors FROM $old.main.spaces WHERE catalog = $$catalog AND kind = 'vectors' ORDER BY space ASC
