-- With audio_label_weights, all that brings a new clip into the space labels: see audio_vector.
CREATE TABLE audio_landmarks (
    landmark INTEGER NOT NULL,
    kind     VARCHAR NOT NULL,
    width    DOUBLE NOT NULL,
    vector   FLOAT[] NOT NULL
);
COMMENT ON TABLE audio_landmarks IS 'Seconds and clips that every clip is compared with, to judge its labels';
COMMENT ON COLUMN audio_landmarks.landmark IS 'From 1, the seconds first; the key';
COMMENT ON COLUMN audio_landmarks.kind IS 'second: compared with each second of a clip; clip: with the mean of its seconds';
COMMENT ON COLUMN audio_landmarks.width IS 'The nearness of two vectors is exp(-width * squared distance)';
COMMENT ON COLUMN audio_landmarks.vector IS 'The embedding less the centre of the space mean, of unit length';
