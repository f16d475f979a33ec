"""What other programs load: magics of IPython."""
