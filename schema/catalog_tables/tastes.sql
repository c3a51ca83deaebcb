CREATE TABLE $tastes (
    $key        INTEGER NOT NULL,
    gives       FLOAT[] NOT NULL,
    takes       DOUBLE[]
);
COMMENT ON TABLE $tastes IS 'What the part of a history that is older than its latest items adds to the score of others, all of it together: the sum of what its items give, faded, times what an item takes';
COMMENT ON COLUMN $tastes.$key IS 'The $item ($items.$key)';
COMMENT ON COLUMN $tastes.gives IS 'What it gives to each of a few directions where it is in a history';
COMMENT ON COLUMN $tastes.takes IS 'How much of each direction adds to its score; NULL where that is next to nothing';
