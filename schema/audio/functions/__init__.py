"""The functions that audio clips alone have."""
