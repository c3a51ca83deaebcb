-- Written sorted by space, $item and rank: the rows of one $item lie together and are found by zone maps. Lists that an
-- addition changed stand behind the others of their space, sorted likewise.
CREATE TABLE $neighbors (
    space       VARCHAR NOT NULL,
    $key        INTEGER NOT NULL,
    rank        SMALLINT NOT NULL,
    neighbor_id INTEGER NOT NULL,
    score       FLOAT NOT NULL
);
COMMENT ON TABLE $neighbors IS 'The nearest items of every $item in every space; builds.measured says where they are approximate';
COMMENT ON COLUMN $neighbors.space IS 'The space (spaces.space)';
COMMENT ON COLUMN $neighbors.$key IS 'The $item whose neighbours these are ($items.$key)';
COMMENT ON COLUMN $neighbors.rank IS 'From 1; larger scores first, equal scores by the smaller neighbor_id';
COMMENT ON COLUMN $neighbors.neighbor_id IS 'The neighbour ($items.$key), never the $item itself';
COMMENT ON COLUMN $neighbors.score IS 'Cosine similarity in the space, rounded to 5 decimals; larger is closer';
