CREATE TABLE plants (
    plant_id INTEGER NOT NULL,
    name     VARCHAR NOT NULL,
    colours  VARCHAR[] NOT NULL,
    height   FLOAT NOT NULL
);
COMMENT ON TABLE plants IS 'The plants that can be recommended, one row each';
