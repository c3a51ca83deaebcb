"""Build, rebuild, add and evaluate, each readable top to bottom."""
