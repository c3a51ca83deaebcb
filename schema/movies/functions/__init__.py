"""The functions that movies alone have."""
