-- Rows of text in the types of their columns, with the line that each record began in. A file that DuckDB's reader
-- read has one record in each line: `starts` and `headers`, by the number of the file, tell where those rows begin.
CREATE TABLE $table AS
SELECT $values, coalesce(_rs_line, _rs_row - $starts[_rs_file] + $headers[_rs_file] + 1) AS _rs_line
FROM (SELECT $present, _rs_line, _rs_file, $row AS _rs_row FROM $records)
