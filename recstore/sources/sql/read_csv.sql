-- DuckDB's own reader over one file, all columns as text; whatever is wrong with a record is an error.
read_csv(
    $path, auto_detect = false, header = $header, delim = $delimiter, quote = $quote, escape = $escape, comment = '',
    skip = 0, nullstr = $null, columns = $columns
)
