"""What is said of a store: checks, differences, pictures and exports."""
