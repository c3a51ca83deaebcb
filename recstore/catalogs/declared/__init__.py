"""Catalogues of the user's own: declared by what their sources hold, and computed from that alone."""
