"""What must hold once in a store: each query gives the number of faults, and an example."""
