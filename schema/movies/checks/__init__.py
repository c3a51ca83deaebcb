"""What must hold of movies."""
