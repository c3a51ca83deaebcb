-- For each text asked for, and its place, the key of the item that is meant: by its id, else by its name.
SELECT
    a.place, a.text,
    coalesce(min(d.$key), first(i.$key ORDER BY i.$preferred, i.$key ASC)) AS id
FROM asked AS a
LEFT JOIN $items AS d ON d.$identity = $as_identity
LEFT JOIN $items AS i ON CAST(i.$name AS VARCHAR) = a.text
GROUP BY a.place, a.text
