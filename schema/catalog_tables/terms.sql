-- All that brings words into the space $terms_space: see $about.
CREATE TABLE $terms (
    term      VARCHAR NOT NULL,
    idf       DOUBLE NOT NULL,
    component FLOAT[] NOT NULL
);
COMMENT ON TABLE $terms IS 'The terms that the space $terms_space was made of; $about weighs words by them';
COMMENT ON COLUMN $terms.term IS 'Two or more letters, digits or underscores in lower case, no stop word';
COMMENT ON COLUMN $terms.idf IS 'Inverse document frequency, by which the count of the term is multiplied';
COMMENT ON COLUMN $terms.component IS 'Where the term points in the space $terms_space: the weighed terms of a text add up to its vector';
