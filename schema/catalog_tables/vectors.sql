-- FLOAT[] and not FLOAT[n]: the spaces differ in dimensions, and a function must bind for all of them.
CREATE TABLE $vectors (
    space  VARCHAR NOT NULL,
    $key   INTEGER NOT NULL,
    vector FLOAT[] NOT NULL
);
COMMENT ON TABLE $vectors IS 'Latent vectors, one per space and $item; $a_item without any data for a space has none there';
COMMENT ON COLUMN $vectors.space IS 'The space (spaces.space)';
COMMENT ON COLUMN $vectors.$key IS 'The $item ($items.$key)';
COMMENT ON COLUMN $vectors.vector IS 'The latent vector, of unit length, so that an inner product is a cosine';
