"""Python's expressions and statements, read."""
