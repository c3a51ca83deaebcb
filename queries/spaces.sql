-- spaces: The spaces, the default of each catalogue first.
SELECT catalog, space, dimensions, items, neighbors, is_default
FROM spaces
ORDER BY catalog ASC, is_default DESC, space ASC;
