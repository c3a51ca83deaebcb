-- Brings a store into any DuckDB session; then ask: FROM $alias.$question
ATTACH $store AS $database (READ_ONLY);
