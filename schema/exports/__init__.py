"""The SQL behind exports."""
