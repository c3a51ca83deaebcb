"""The statements that this room runs."""
