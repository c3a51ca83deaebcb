-- Written sorted by space, movie and rank: one movie's rows lie together and are found by zone maps.
CREATE TABLE movie_neighbors (
    space       VARCHAR NOT NULL,
    movie_id    INTEGER NOT NULL,
    rank        SMALLINT NOT NULL,
    neighbor_id INTEGER NOT NULL,
    score       FLOAT NOT NULL
);
COMMENT ON TABLE movie_neighbors IS 'The nearest movies of every movie in every space, found by exact search';
COMMENT ON COLUMN movie_neighbors.space IS 'The space (spaces.space)';
COMMENT ON COLUMN movie_neighbors.movie_id IS 'The movie whose neighbours these are (movies.movie_id)';
COMMENT ON COLUMN movie_neighbors.rank IS 'From 1; larger scores first, equal scores by the smaller neighbor_id';
COMMENT ON COLUMN movie_neighbors.neighbor_id IS 'The neighbour (movies.movie_id), never the movie itself';
COMMENT ON COLUMN movie_neighbors.score IS 'Cosine similarity in the space, rounded to 5 decimals; larger is closer';
