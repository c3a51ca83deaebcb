-- The Annoy indexes of one catalogue, as they are.
INSERT INTO annoy_indexes BY NAME FROM $old.main.annoy_indexes WHERE catalog = $catalog;
INSERT INTO annoy_chunks BY NAME
FROM $old.main.annoy_chunks SEMI JOIN (FROM annoy_indexes WHERE catalog = $catalog) USING (index_name);
INSERT INTO annoy_items BY NAME
FROM $old.main.annoy_items SEMI JOIN (FROM annoy_indexes WHERE catalog = $catalog) USING (index_name);
