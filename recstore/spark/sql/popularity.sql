-- How many users had each item, as Spark counted them.
UPDATE $items SET _rs_popularity = counted_items.n
FROM counted_items
WHERE $items._rs_no = counted_items.item;
