"""Spark SQL: the functions of a catalogue over its tables, and what the tables are exported with."""
