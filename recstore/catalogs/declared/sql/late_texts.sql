-- The items that are new, or whose text or categories are others than before.
CREATE OR REPLACE TEMP TABLE late_texts AS
SELECT n.item
FROM (SELECT _rs_no AS item, $text AS text, _rs_categories AS categories FROM $items) AS n
LEFT JOIN (SELECT _rs_no AS item, $text AS text, _rs_categories AS categories FROM $old.main.$items) AS o ON o.item = n.item
WHERE o.item IS NULL OR o.text IS DISTINCT FROM n.text OR o.categories IS DISTINCT FROM n.categories;
