INSERT INTO annoy_items SELECT $index_name, row_number() OVER () - 1, id FROM items_to_insert;
