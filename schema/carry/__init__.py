"""Queries about what a store holds beyond its own: read when it is carried into a new one."""
