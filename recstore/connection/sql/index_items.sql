SELECT item, id FROM annoy_items WHERE index_name = $index_name ORDER BY item ASC;
