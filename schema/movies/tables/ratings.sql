-- One rating per person and movie; of repeated pairs the latest.
CREATE TABLE ratings (
    user_id  INTEGER NOT NULL,
    movie_id INTEGER NOT NULL,
    rating   FLOAT NOT NULL,
    rated_at TIMESTAMP NOT NULL
);
COMMENT ON TABLE ratings IS 'Who rated which movie, how and when; one row per user and movie';
COMMENT ON COLUMN ratings.user_id IS 'The person, as numbered by the source';
COMMENT ON COLUMN ratings.movie_id IS 'The movie (movies.movie_id)';
COMMENT ON COLUMN ratings.rating IS 'Stars, from 0.5 to 5';
COMMENT ON COLUMN ratings.rated_at IS 'When, in UTC';
