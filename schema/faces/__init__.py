"""What a face reads from its store."""
