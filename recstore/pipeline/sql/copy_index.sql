-- The Annoy index of one space, as it is.
INSERT INTO annoy_indexes BY NAME FROM $old.main.annoy_indexes WHERE catalog = $catalog AND space = $space;
INSERT INTO annoy_chunks BY NAME
FROM $old.main.annoy_chunks SEMI JOIN (
    FROM annoy_indexes WHERE catalog = $catalog AND space = $space
) USING (index_name);
INSERT INTO annoy_items BY NAME
FROM $old.main.annoy_items SEMI JOIN (
    FROM annoy_indexes WHERE catalog = $catalog AND space = $space
) USING (index_name);
