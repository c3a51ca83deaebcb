-- One Annoy index per space, bound to the vectors of this file.
CREATE TABLE annoy_indexes (
    index_name VARCHAR NOT NULL,
    catalog    VARCHAR NOT NULL,
    space      VARCHAR NOT NULL,
    metric     VARCHAR NOT NULL,
    dimensions INTEGER NOT NULL,
    trees      INTEGER NOT NULL,
    seed       INTEGER NOT NULL,
    items      INTEGER NOT NULL,
    sha256     VARCHAR NOT NULL,
    bytes      BIGINT NOT NULL
);
COMMENT ON TABLE annoy_indexes IS 'Indexes for approximate search in Python; the functions in this file need none';
COMMENT ON COLUMN annoy_indexes.index_name IS 'Unique name of the index';
COMMENT ON COLUMN annoy_indexes.catalog IS 'The catalogue (catalogs.catalog)';
COMMENT ON COLUMN annoy_indexes.space IS 'The space (spaces.space)';
COMMENT ON COLUMN annoy_indexes.metric IS 'Annoy''s name of the distance; angular is the square root of 2 (1 - cosine)';
COMMENT ON COLUMN annoy_indexes.dimensions IS 'Length of the vectors';
COMMENT ON COLUMN annoy_indexes.trees IS 'How many trees it has';
COMMENT ON COLUMN annoy_indexes.seed IS 'Seed it was built with, by one thread';
COMMENT ON COLUMN annoy_indexes.items IS 'How many items it holds, at the positions 0, 1, 2 and so on';
COMMENT ON COLUMN annoy_indexes.sha256 IS 'SHA-256 of its bytes, as Annoy saves them';
COMMENT ON COLUMN annoy_indexes.bytes IS 'How many bytes these are';
