-- One row for each thing that is learnt of a label: what it weighs in the space labels, and how likely it is.
CREATE TABLE audio_label_weights (
    label_id INTEGER NOT NULL,
    gives    VARCHAR NOT NULL,
    place    INTEGER,
    bias     DOUBLE NOT NULL,
    weights  FLOAT[] NOT NULL
);
COMMENT ON TABLE audio_label_weights IS 'What was learnt of each label: weights over audio_landmarks';
COMMENT ON COLUMN audio_label_weights.label_id IS 'The label (audio_labels.label_id); with gives the key';
COMMENT ON COLUMN audio_label_weights.gives IS 'What bias + the weighted nearnesses give: score or probability';
COMMENT ON COLUMN audio_label_weights.place IS 'Where the score stands in the vectors of the space labels, from 1';
COMMENT ON COLUMN audio_label_weights.bias IS 'What is added to the weighted nearnesses';
COMMENT ON COLUMN audio_label_weights.weights IS 'The weight of each landmark, in their order';
