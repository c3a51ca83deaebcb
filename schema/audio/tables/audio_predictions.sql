CREATE TABLE audio_predictions (
    clip_id     INTEGER NOT NULL,
    label_id    INTEGER NOT NULL,
    probability FLOAT NOT NULL
);
COMMENT ON TABLE audio_predictions IS 'Labels that the clips probably carry, up to ten each, judged by a model that did not see the clip''s own';
COMMENT ON COLUMN audio_predictions.clip_id IS 'The clip (audio_clips.clip_id)';
COMMENT ON COLUMN audio_predictions.label_id IS 'The label (audio_labels.label_id)';
COMMENT ON COLUMN audio_predictions.probability IS 'How likely it is that the clip carries the label, from 0.1';
