-- How good the recommendations are; a figure stands with its protocol.
CREATE TABLE evaluations (
    catalog      VARCHAR NOT NULL,
    protocol     VARCHAR NOT NULL,
    model        VARCHAR NOT NULL,
    is_default   BOOLEAN NOT NULL,
    metric       VARCHAR NOT NULL,
    value        DOUBLE NOT NULL,
    low          DOUBLE,
    high         DOUBLE,
    n            INTEGER NOT NULL,
    seed         BIGINT NOT NULL,
    build_id     VARCHAR NOT NULL,
    evaluated_at TIMESTAMP NOT NULL
);
COMMENT ON TABLE evaluations IS 'How good the recommendations are, as recstore evaluate measured it; empty before it ran';
COMMENT ON COLUMN evaluations.catalog IS 'The catalogue (catalogs.catalog)';
COMMENT ON COLUMN evaluations.protocol IS 'How it was measured: next-watched, next-watched-temporal, leave-one-out, temporal-hold-out or label-retrieval';
COMMENT ON COLUMN evaluations.model IS 'What was measured: a space, the recommendations for a person, or a plain alternative to compare with';
COMMENT ON COLUMN evaluations.is_default IS 'Whether the functions use this model when none is named';
COMMENT ON COLUMN evaluations.metric IS 'What was measured, with the k that it was cut at: ndcg@10';
COMMENT ON COLUMN evaluations.value IS 'The figure: the mean over the questions, or for coverage the share of all items';
COMMENT ON COLUMN evaluations.low IS 'Lower end of the 95 % bootstrap interval; NULL for coverage';
COMMENT ON COLUMN evaluations.high IS 'Upper end of the 95 % bootstrap interval; NULL for coverage';
COMMENT ON COLUMN evaluations.n IS 'How many questions were asked';
COMMENT ON COLUMN evaluations.seed IS 'Seed of all that was drawn at random';
COMMENT ON COLUMN evaluations.build_id IS 'The build that was measured (builds.build_id)';
COMMENT ON COLUMN evaluations.evaluated_at IS 'When, in UTC';
