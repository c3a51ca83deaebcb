"""What must hold of audio clips."""
