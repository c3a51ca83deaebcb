-- DuckDB's own reader over one file; whatever is wrong with a record is an error.
read_csv(
    $path, auto_detect = false, header = $header, delim = $delimiter, quote = $quote, escape = $escape, comment = '',
    skip = 0, nullstr = $null, columns = $columns, max_line_size = $longest$line_end
)
