"""Arrays, numbers and conditions of the code that is read."""
