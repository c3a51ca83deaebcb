"""What must hold of the tables of audio clips that all else is computed from."""
