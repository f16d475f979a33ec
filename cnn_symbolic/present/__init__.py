"""What was found, shown: on the terminal, as a JSON document, in a notebook, in pictures, as a book."""
