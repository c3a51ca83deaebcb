"""SQL of the page."""
