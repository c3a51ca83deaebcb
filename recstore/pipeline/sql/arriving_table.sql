CREATE VIEW $arriving.main.$table AS SELECT $columns FROM read_parquet($files, hive_partitioning = false, union_by_name = true) AS _rs_rows WHERE $passes
