-- The file of the database in which the frames go, which is the one that can be written to.
SELECT path
FROM duckdb_databases()
SEMI JOIN (FROM duckdb_tables() WHERE table_name = 'audio_frames') USING (database_name)
WHERE NOT readonly
