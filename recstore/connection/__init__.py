"""Connections to a store, their functions over Annoy, and saved queries."""
