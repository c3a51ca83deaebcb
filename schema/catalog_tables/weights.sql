-- Written in the order of $key: the rows of the items of one history are found by zone maps. To unpack the weights would
-- take longer than to read them, and saves next to nothing.
CREATE TABLE $weights (
    $key        INTEGER NOT NULL,
    neighbor_id INTEGER NOT NULL,
    taste       FLOAT NOT NULL USING COMPRESSION uncompressed,
    next        FLOAT NOT NULL USING COMPRESSION uncompressed,
    is_content  BOOLEAN NOT NULL
);
COMMENT ON TABLE $weights IS 'What having seen $a_item adds to the score of others; $recommend and $recommend_for add it up over a history';
COMMENT ON COLUMN $weights.$key IS 'The $item seen ($items.$key)';
COMMENT ON COLUMN $weights.neighbor_id IS 'The $item whose score it adds to ($items.$key)';
COMMENT ON COLUMN $weights.taste IS 'Weight of EASE^R: what the same people $verb; may be negative';
COMMENT ON COLUMN $weights.next IS 'What people $verb within a few steps after it, relative to how often both are $verb';
COMMENT ON COLUMN $weights.is_content IS 'Whether $a_item with too few $interactions is weighed by its content instead';
