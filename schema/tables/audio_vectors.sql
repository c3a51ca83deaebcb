CREATE TABLE audio_vectors (
    space   VARCHAR NOT NULL,
    clip_id INTEGER NOT NULL,
    vector  FLOAT[] NOT NULL
);
COMMENT ON TABLE audio_vectors IS 'Vectors of the clips, one per space and clip';
COMMENT ON COLUMN audio_vectors.space IS 'The space (spaces.space)';
COMMENT ON COLUMN audio_vectors.clip_id IS 'The clip (audio_clips.clip_id)';
COMMENT ON COLUMN audio_vectors.vector IS 'The vector, of unit length, so that an inner product is a cosine';
