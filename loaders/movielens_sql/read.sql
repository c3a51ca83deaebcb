-- DuckDB's own reader over one file: lines that do not parse go to reject_errors and are not loaded.
read_csv(
    $path, auto_detect = false, header = $header, delim = $delimiter, quote = $quote, escape = $quote,
    encoding = $encoding, columns = $columns, store_rejects = true
)
