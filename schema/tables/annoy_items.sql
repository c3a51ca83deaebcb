CREATE TABLE annoy_items (
    index_name VARCHAR NOT NULL,
    item       INTEGER NOT NULL,
    id         INTEGER NOT NULL
);
COMMENT ON TABLE annoy_items IS 'Which item stands at which position of an Annoy index';
COMMENT ON COLUMN annoy_items.index_name IS 'The index (annoy_indexes.index_name)';
COMMENT ON COLUMN annoy_items.item IS 'Its position in the index, from 0';
COMMENT ON COLUMN annoy_items.id IS 'Its movie_id or clip_id';
