-- The same movies elsewhere.
CREATE TABLE links (
    movie_id INTEGER NOT NULL,
    imdb_id  VARCHAR,
    tmdb_id  INTEGER
);
COMMENT ON TABLE links IS 'Where else a movie is known, one row a movie';
COMMENT ON COLUMN links.movie_id IS 'The movie (movies.movie_id)';
COMMENT ON COLUMN links.imdb_id IS 'IMDb id with its leading zeros: https://www.imdb.com/title/tt<imdb_id>/';
COMMENT ON COLUMN links.tmdb_id IS 'TMDB id: https://www.themoviedb.org/movie/<tmdb_id>';
