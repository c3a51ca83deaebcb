-- FLOAT[] and not FLOAT[n]: the spaces differ in dimensions, and a function must bind for all of them.
CREATE TABLE movie_vectors (
    space    VARCHAR NOT NULL,
    movie_id INTEGER NOT NULL,
    vector   FLOAT[] NOT NULL
);
COMMENT ON TABLE movie_vectors IS 'Latent vectors, one per space and movie; a movie without terms or ratings has none in that space';
COMMENT ON COLUMN movie_vectors.space IS 'The space (spaces.space)';
COMMENT ON COLUMN movie_vectors.movie_id IS 'The movie (movies.movie_id)';
COMMENT ON COLUMN movie_vectors.vector IS 'The latent vector, of unit length, so that an inner product is a cosine';
