"""The tables that every catalogue has, under names of its own."""
