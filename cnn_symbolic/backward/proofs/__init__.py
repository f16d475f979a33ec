"""What is proved of a backward pass that is read from its source text."""
