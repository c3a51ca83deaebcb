"""The catalogue of audio clips: its spaces, labels and evaluation."""
