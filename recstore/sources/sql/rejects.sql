CREATE TABLE $table (source VARCHAR, line BIGINT, "column" VARCHAR, reason VARCHAR, raw VARCHAR)
