-- All files as one; a key that a record does not have is NULL.
read_json($paths, format = '$format', columns = $columns, union_by_name = true, filename = '_rs_file')
