-- What DuckDB's reader read of one file, and the line of each record; NULL where that is known from where the row is.
INSERT INTO $table SELECT $selected, $line, $file FROM $reader
