-- Term counts of every item that has any term, in the order of items and terms.
SELECT item, position AS term, times FROM terms_of_items JOIN vocabulary USING (term) ORDER BY item, term;
