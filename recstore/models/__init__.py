"""The models: rows in, latent vectors out; NumPy and SciPy alone, no SQL."""
