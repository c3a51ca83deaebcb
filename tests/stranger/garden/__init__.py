"""Plants for a garden."""
