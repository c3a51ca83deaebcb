-- All that brings words into the space content: see movies_about.
CREATE TABLE movie_terms (
    term      VARCHAR NOT NULL,
    idf       DOUBLE NOT NULL,
    component FLOAT[] NOT NULL
);
COMMENT ON TABLE movie_terms IS 'The terms of genres and tags that the space content was made of; movies_about weighs words by them';
COMMENT ON COLUMN movie_terms.term IS 'Two or more letters, digits or underscores in lower case, no stop word';
COMMENT ON COLUMN movie_terms.idf IS 'Inverse document frequency, by which the count of the term is multiplied';
COMMENT ON COLUMN movie_terms.component IS 'Where the term points in the space content: the weighed terms of a text add up to its vector';
