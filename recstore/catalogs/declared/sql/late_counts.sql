-- How often each late item has each known term, by its place in the order of those.
SELECT c.item, t.place AS term, c.times, t.idf
FROM terms_of_items AS c
JOIN (
    SELECT term, idf, row_number() OVER (ORDER BY term ASC) - 1 AS place
    FROM $terms WHERE term IN (SELECT term FROM terms_of_items)
) AS t ON t.term = c.term
ORDER BY c.item, t.place
