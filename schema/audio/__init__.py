"""What the file holds of audio clips."""
