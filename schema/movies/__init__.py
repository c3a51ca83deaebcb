"""What the file holds of movies."""
