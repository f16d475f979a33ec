"""What a book says, as plain data that every way of printing it reads."""
