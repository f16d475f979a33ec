"""Statements as JSON values: their grammar, how they are written, and how they are read from files nobody trusts."""
