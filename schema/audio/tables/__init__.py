"""The tables of audio clips."""
