"""The statements of catalogues of the user's own."""
