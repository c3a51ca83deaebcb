-- The declared categories of each item, as tokens: each value one, in lower case.
UPDATE $items SET _rs_categories = described.categories
FROM (
    SELECT rowid AS place, list_distinct(list_filter(
        list_transform($categories, lambda value: lower(trim(value))), lambda value: value <> '')) AS categories
    FROM $items
) AS described
WHERE $items.rowid = described.place;
