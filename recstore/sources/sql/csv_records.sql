CREATE TABLE $table ($columns, _rs_line BIGINT, _rs_file INTEGER)
