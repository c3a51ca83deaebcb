(
    SELECT $columns, file_row_number + 1 AS _rs_line
    FROM read_parquet($paths, union_by_name = true, file_row_number = true)
)
