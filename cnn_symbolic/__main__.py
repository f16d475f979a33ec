"""The command line as a module: python -m cnn_symbolic."""

from cnn_symbolic.cli import main

main()
