-- The bytes of the blocks that are in use in the file of one database.
SELECT coalesce(max(used_blocks * block_size), 0) FROM pragma_database_size() WHERE database_name = $database;
