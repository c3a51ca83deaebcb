-- What a model outside made of the sound; kept so that spaces can be computed anew without the files.
CREATE TABLE audio_frames (
    clip_id INTEGER NOT NULL,
    frames  UTINYINT[] NOT NULL
);
COMMENT ON TABLE audio_frames IS 'The embeddings of the clips, trimmed to their first 10 seconds';
COMMENT ON COLUMN audio_frames.clip_id IS 'The clip (audio_clips.clip_id)';
COMMENT ON COLUMN audio_frames.frames IS 'AudioSet''s VGGish embedding: 10 x 128 bytes, second by second';
