"""The statements of the loader of sound files."""
