"""The SQL functions of a store: each written once, rendered for every catalogue."""
