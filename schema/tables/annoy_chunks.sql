-- The vectors of the items are not there again: they stand in the table of vectors, in the order of annoy_items.
-- Coordinates hardly shrink, and compressing them takes longer than building the index of a small catalogue.
CREATE TABLE annoy_chunks (
    index_name VARCHAR NOT NULL,
    chunk      INTEGER NOT NULL,
    data       BLOB NOT NULL USING COMPRESSION uncompressed,
    sha256     VARCHAR NOT NULL
);
COMMENT ON TABLE annoy_chunks IS 'The bytes of the Annoy indexes: of each item the first 12, then the trees; the vectors of the items stand in the table of vectors';
COMMENT ON COLUMN annoy_chunks.index_name IS 'The index (annoy_indexes.index_name)';
COMMENT ON COLUMN annoy_chunks.chunk IS 'Place of the chunk, from 0';
COMMENT ON COLUMN annoy_chunks.data IS 'Its bytes';
COMMENT ON COLUMN annoy_chunks.sha256 IS 'SHA-256 of its bytes';
