"""The command line as a module: python -m cnn_symbolic."""

from cnn_symbolic.command_line.cli import main

main()
