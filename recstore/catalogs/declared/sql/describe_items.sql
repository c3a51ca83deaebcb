-- The declared categories of each item, as tokens: each value one, in lower case.
-- (By its number: a column of the user's may be called rowid, and hides DuckDB's own.)
UPDATE $items SET _rs_categories = described.categories
FROM (
    SELECT _rs_no AS place, list_distinct(list_filter(
        list_transform($categories, lambda value: lower(trim(value))), lambda value: value <> '')) AS categories
    FROM $items
) AS described
WHERE $items._rs_no = described.place;
