"""The catalogue of movies: its spaces, weights and evaluation."""
