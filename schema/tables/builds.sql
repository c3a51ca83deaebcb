-- One row per build whose results are in this file.
CREATE TABLE builds (
    build_id      VARCHAR NOT NULL,
    built_at      TIMESTAMP NOT NULL,
    catalogs      VARCHAR[] NOT NULL,
    sources       STRUCT("catalog" VARCHAR, "source" VARCHAR, "file" VARCHAR, bytes BIGINT, sha256 VARCHAR, "rows" BIGINT, rejects BIGINT)[] NOT NULL,
    configuration MAP(VARCHAR, VARCHAR) NOT NULL,
    seconds       MAP(VARCHAR, DOUBLE) NOT NULL,
    measured      STRUCT("catalog" VARCHAR, space VARCHAR, what VARCHAR, "value" DOUBLE)[] NOT NULL
);
COMMENT ON TABLE builds IS 'How this file came to be';
COMMENT ON COLUMN builds.build_id IS 'Unique name of the build';
COMMENT ON COLUMN builds.built_at IS 'When it was started, in UTC';
COMMENT ON COLUMN builds.catalogs IS 'The catalogues it computed';
COMMENT ON COLUMN builds.sources IS 'The files it read: their size, SHA-256, rows loaded and rows rejected';
COMMENT ON COLUMN builds.configuration IS 'Every option that decides the result, as text';
COMMENT ON COLUMN builds.seconds IS 'Seconds per stage';
COMMENT ON COLUMN builds.measured IS 'What it found out about its spaces: recall of the Annoy index and the search_k that gives it, seconds';
