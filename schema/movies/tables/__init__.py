"""The tables of movies."""
