-- What each space is made of, and what the functions may be asked for.
CREATE TABLE spaces (
    catalog    VARCHAR NOT NULL,
    space      VARCHAR NOT NULL,
    dimensions INTEGER NOT NULL,
    kind       VARCHAR NOT NULL,
    is_default BOOLEAN NOT NULL,
    items      INTEGER NOT NULL,
    neighbors  INTEGER NOT NULL,
    recipe     VARCHAR NOT NULL,
    center     DOUBLE[],
    explained  FLOAT[]
);
COMMENT ON TABLE spaces IS 'The vector spaces of each catalogue';
COMMENT ON COLUMN spaces.catalog IS 'The catalogue (catalogs.catalog)';
COMMENT ON COLUMN spaces.space IS 'Name of the space, as given to space :=';
COMMENT ON COLUMN spaces.dimensions IS 'Length of its vectors';
COMMENT ON COLUMN spaces.kind IS 'vectors: ranked by the cosine of stored vectors';
COMMENT ON COLUMN spaces.is_default IS 'Whether the functions use this space when none is named';
COMMENT ON COLUMN spaces.items IS 'How many items have a vector in the space: its candidates';
COMMENT ON COLUMN spaces.recipe IS 'What brings an item into the space, in words';
COMMENT ON COLUMN spaces.center IS 'What the recipe subtracts from a new item''s vector; NULL where nothing is';
COMMENT ON COLUMN spaces.explained IS 'Of a singular value decomposition: the share of the variance that its first n dimensions explain';
COMMENT ON COLUMN spaces.neighbors IS 'How many neighbours per item are stored; more are ranked when asked';
