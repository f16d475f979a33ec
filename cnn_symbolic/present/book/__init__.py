"""The book as LaTeX, PDF and HTML."""
