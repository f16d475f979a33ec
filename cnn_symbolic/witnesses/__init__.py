"""Independent of the proofs: numeric layers, explicit symbolic ones, every operation on exact numbers."""
