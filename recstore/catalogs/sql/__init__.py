"""The statements that catalogues of every kind run."""
