"""What must hold in every catalogue: each query gives the number of faults, and an example."""
