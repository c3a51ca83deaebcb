-- The items of the movie catalogue. n_ratings and mean_rating are over all ratings in the file.
CREATE TABLE movies (
    movie_id    INTEGER NOT NULL,
    title       VARCHAR NOT NULL,
    year        SMALLINT,
    genres      VARCHAR[] NOT NULL,
    n_ratings   INTEGER NOT NULL,
    mean_rating FLOAT
);
COMMENT ON TABLE movies IS 'The movies that can be recommended, one row each';
COMMENT ON COLUMN movies.movie_id IS 'MovieLens id of the movie; the key';
COMMENT ON COLUMN movies.title IS 'Title with its year, as MovieLens writes it, surrounding blanks removed';
COMMENT ON COLUMN movies.year IS 'Year of release, from the end of the title; NULL where the title has none';
COMMENT ON COLUMN movies.genres IS 'Genres; an empty list where MovieLens lists none';
COMMENT ON COLUMN movies.n_ratings IS 'How many ratings the movie has in this store';
COMMENT ON COLUMN movies.mean_rating IS 'Mean of those ratings (0.5 to 5); NULL without ratings';
