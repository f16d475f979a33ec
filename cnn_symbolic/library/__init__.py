"""Finds derivation files, bundled ones and the user's own, and loads the claims that are called for."""
