"""What the file holds: one SQL object per file, in tables/, views/ and functions/; build-time SQL in stages/."""
