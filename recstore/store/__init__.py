"""The store's file: open, lock, publish, keep versions, keep what the user added, check it."""
