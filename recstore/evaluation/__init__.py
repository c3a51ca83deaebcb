"""How good the recommendations are: protocols, metrics, and the table that they go to."""
