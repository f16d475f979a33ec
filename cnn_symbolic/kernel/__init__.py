"""Decides statements for all sizes at once: `trusted` proves them, `search` looks for counterexamples and confirms."""
