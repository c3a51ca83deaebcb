-- The labels of AudioSet.
CREATE TABLE audio_labels (
    label_id INTEGER NOT NULL,
    mid      VARCHAR NOT NULL,
    name     VARCHAR NOT NULL,
    is_music BOOLEAN NOT NULL
);
COMMENT ON TABLE audio_labels IS 'The labels that clips carry';
COMMENT ON COLUMN audio_labels.label_id IS 'Index of the label in AudioSet; the key';
COMMENT ON COLUMN audio_labels.mid IS 'Machine id of the label in the AudioSet ontology';
COMMENT ON COLUMN audio_labels.name IS 'Display name';
COMMENT ON COLUMN audio_labels.is_music IS 'Whether clips with this label are kept as music by the filter of the build';
