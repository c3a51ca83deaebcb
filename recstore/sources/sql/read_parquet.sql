(
    SELECT $columns, $row AS _rs_line
    FROM read_parquet($paths, union_by_name = true$numbered)
)
