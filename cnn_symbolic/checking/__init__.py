"""Checking formulas: the mistakes that people make, as transformations of a formula."""
