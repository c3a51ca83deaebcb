-- The catalogues of a store whose spaces hold items, those of the most items first.
SELECT catalog
FROM $spaces
GROUP BY catalog
ORDER BY max(items) DESC, catalog ASC
