-- Nothing is lost silently: what could not be loaded stands here.
CREATE TABLE load_rejects (
    source   VARCHAR NOT NULL,
    line     BIGINT,
    "column" VARCHAR,
    reason   VARCHAR NOT NULL,
    raw      VARCHAR
);
COMMENT ON TABLE load_rejects IS 'Lines of the sources that were not loaded, one row a line';
COMMENT ON COLUMN load_rejects.source IS 'The file';
COMMENT ON COLUMN load_rejects.line IS 'Line in that file, from 1, the header included';
COMMENT ON COLUMN load_rejects."column" IS 'The column at fault; NULL where the line as a whole is';
COMMENT ON COLUMN load_rejects.reason IS 'Why it was not loaded';
COMMENT ON COLUMN load_rejects.raw IS 'The line as it stands in the file';
