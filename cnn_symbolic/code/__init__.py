"""Other people's code, read: a function over NumPy becomes entry formulas, by which it is proved for every shape."""
