"""Catalogues: what one is, which a store has, and the SQL that each gets."""
