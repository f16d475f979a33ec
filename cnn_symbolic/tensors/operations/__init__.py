"""The operations on tensors, each defined once by the formula of its entries."""
