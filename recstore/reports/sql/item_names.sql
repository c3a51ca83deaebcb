-- The names of items that begin with some text, as they are preferred.
SELECT name
FROM (
    SELECT $name AS name, row_number() OVER (ORDER BY $preferred, $key ASC) AS place
    FROM $items
    WHERE starts_with($name, $$beginning)
) AS found
GROUP BY name
ORDER BY min(place) ASC
LIMIT $$most
