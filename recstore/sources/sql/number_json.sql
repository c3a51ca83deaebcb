CREATE TABLE $table AS SELECT $columns, $number AS _rs_line FROM $reader
