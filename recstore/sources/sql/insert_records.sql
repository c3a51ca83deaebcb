-- What DuckDB's reader read of one file; which line it was is known from where the row stands.
INSERT INTO $table SELECT *, NULL, $file FROM $reader
