"""Pictures of convolutions and their gradients, drawn from the index maps that the proofs use; as SVG and TikZ."""
