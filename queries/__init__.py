"""Saved, runnable SQL for everyday use."""
