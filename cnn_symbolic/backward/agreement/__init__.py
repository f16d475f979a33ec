"""Two functions that should return the same: they are read for all sizes, and run at a few."""
