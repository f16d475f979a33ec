"""Independent of the proofs: numeric layers, explicit symbolic ones at small shapes, every operation on exact numbers."""
