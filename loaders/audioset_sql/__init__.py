"""The SQL that turns AudioSet records into rows."""
