"""Queries that compare two versions of a store."""
