-- For each text asked for, and its place, the key of the item that is meant; NULL for what is none.
SELECT
    a.place, a.text, coalesce(first(i.$key ORDER BY i.$preferred, i.$key ASC), $as_key) AS id
FROM asked AS a LEFT JOIN $items AS i ON i.$name = trim(a.text)
GROUP BY a.place, a.text
