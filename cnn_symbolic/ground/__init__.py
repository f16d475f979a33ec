"""What every other part stands on and that knows nothing of this project: errors, files, processes, limits."""
