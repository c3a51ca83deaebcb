"""The store's file: open, lock, publish, keep versions, carry over what its user added, prove it sound."""
