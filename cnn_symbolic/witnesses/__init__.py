"""Two witnesses beside the proofs, which share no code with the kernel: explicit symbols, and numbers."""
