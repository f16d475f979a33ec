"""The table of the functions that code calls."""
