-- Term counts of every item that has any known term, in the order of items and terms.
SELECT $item AS item, position AS term, times, $takes_part AS takes_part
FROM $terms JOIN vocabulary USING (term)
ORDER BY item, term;
