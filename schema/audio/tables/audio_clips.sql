-- The items of the audio catalogue.
CREATE TABLE audio_clips (
    clip_id       INTEGER NOT NULL,
    video_id      VARCHAR NOT NULL,
    start_seconds FLOAT NOT NULL,
    end_seconds   FLOAT NOT NULL,
    labels        VARCHAR[] NOT NULL,
    split         VARCHAR NOT NULL
);
COMMENT ON TABLE audio_clips IS 'The clips of music that can be recommended, one row each';
COMMENT ON COLUMN audio_clips.clip_id IS 'Id of the clip, given in the order of video and start when it first came in; the key';
COMMENT ON COLUMN audio_clips.video_id IS 'YouTube id of the video; of a sound file its path below the folder';
COMMENT ON COLUMN audio_clips.start_seconds IS 'Where in the video the clip starts';
COMMENT ON COLUMN audio_clips.end_seconds IS 'Where in the video the clip ends';
COMMENT ON COLUMN audio_clips.labels IS 'Names of its labels';
COMMENT ON COLUMN audio_clips.split IS 'Part of AudioSet that it came from: bal_train, eval or unbal_train';
