"""The SQL that reads MovieLens files."""
