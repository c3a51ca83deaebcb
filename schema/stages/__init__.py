"""The SQL that a build runs between its stages."""
