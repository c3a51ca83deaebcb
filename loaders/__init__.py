"""Loaders: one module per source format, reached only through entry points."""
