-- Which catalogues this file holds: what asks, checks or rebuilds it goes by these rows.
CREATE TABLE catalogs (
    catalog     VARCHAR NOT NULL,
    item        VARCHAR NOT NULL,
    items       VARCHAR NOT NULL,
    "key"       VARCHAR NOT NULL,
    declaration VARCHAR NOT NULL
);
COMMENT ON TABLE catalogs IS 'The catalogues of this file: sets of items to recommend';
COMMENT ON COLUMN catalogs.catalog IS 'Name of the catalogue, as in similar_movies';
COMMENT ON COLUMN catalogs.item IS 'What one of its items is called';
COMMENT ON COLUMN catalogs.items IS 'The table of its items';
COMMENT ON COLUMN catalogs."key" IS 'The integer key of that table';
COMMENT ON COLUMN catalogs.declaration IS 'All names and columns of the catalogue, as JSON text';
