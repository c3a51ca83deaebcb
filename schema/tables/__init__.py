"""The tables of a store, one per file, with their comments."""
