"""What must hold in a sound store, as queries."""
