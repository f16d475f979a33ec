"""What is known while code is read: paths, memory, names."""
