-- Written in the order of movie_id: the rows of one history's movies are found by zone maps. To
-- unpack the weights would take longer than to read them, and saves next to nothing.
CREATE TABLE movie_weights (
    movie_id    INTEGER NOT NULL,
    neighbor_id INTEGER NOT NULL,
    taste       FLOAT NOT NULL USING COMPRESSION uncompressed,
    next        FLOAT NOT NULL USING COMPRESSION uncompressed,
    is_content  BOOLEAN NOT NULL
);
COMMENT ON TABLE movie_weights IS 'What having seen a movie adds to the score of others; recommend_movies and recommend_for add it up over a history';
COMMENT ON COLUMN movie_weights.movie_id IS 'The movie seen (movies.movie_id)';
COMMENT ON COLUMN movie_weights.neighbor_id IS 'The movie whose score it adds to (movies.movie_id)';
COMMENT ON COLUMN movie_weights.taste IS 'Weight of EASE^R: what the same people rated; may be negative';
COMMENT ON COLUMN movie_weights.next IS 'What people rated within a few steps after it, relative to how often both are rated';
COMMENT ON COLUMN movie_weights.is_content IS 'Whether a movie with too few ratings is weighed by its content instead';
