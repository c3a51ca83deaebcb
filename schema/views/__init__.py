"""The views of a store, one per file."""
