-- What a reader must know before it trusts the rest.
CREATE TABLE store_info (
    key   VARCHAR NOT NULL,
    value VARCHAR NOT NULL
);
COMMENT ON TABLE store_info IS 'Facts about this file';
COMMENT ON COLUMN store_info.key IS 'format_version, recstore_version, duckdb_version, build_id or built_at';
COMMENT ON COLUMN store_info.value IS 'Its value, as text';
