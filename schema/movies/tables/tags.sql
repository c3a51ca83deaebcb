-- Free-text tags that people gave to movies; the same tag may be given often.
CREATE TABLE tags (
    user_id   INTEGER NOT NULL,
    movie_id  INTEGER NOT NULL,
    tag       VARCHAR NOT NULL,
    tagged_at TIMESTAMP NOT NULL
);
COMMENT ON TABLE tags IS 'Words that people attached to movies, one row per tagging';
COMMENT ON COLUMN tags.user_id IS 'The person, as numbered by the source';
COMMENT ON COLUMN tags.movie_id IS 'The movie (movies.movie_id)';
COMMENT ON COLUMN tags.tag IS 'The tag as it was typed';
COMMENT ON COLUMN tags.tagged_at IS 'When, in UTC';
