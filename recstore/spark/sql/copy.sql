COPY ($query) TO $file (FORMAT parquet, COMPRESSION zstd, ROW_GROUP_SIZE $rows_of_group)
