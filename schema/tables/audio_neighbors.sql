-- Written sorted by space, clip and rank: one clip's rows lie together and are found by zone maps.
CREATE TABLE audio_neighbors (
    space       VARCHAR NOT NULL,
    clip_id     INTEGER NOT NULL,
    rank        SMALLINT NOT NULL,
    neighbor_id INTEGER NOT NULL,
    score       FLOAT NOT NULL
);
COMMENT ON TABLE audio_neighbors IS 'The nearest clips of every clip in every space';
COMMENT ON COLUMN audio_neighbors.space IS 'The space (spaces.space)';
COMMENT ON COLUMN audio_neighbors.clip_id IS 'The clip whose neighbours these are (audio_clips.clip_id)';
COMMENT ON COLUMN audio_neighbors.rank IS 'From 1; larger scores first, equal scores by the smaller neighbor_id';
COMMENT ON COLUMN audio_neighbors.neighbor_id IS 'The neighbour (audio_clips.clip_id), never the clip itself';
COMMENT ON COLUMN audio_neighbors.score IS 'Cosine similarity in the space, rounded to 5 decimals; larger is closer';
