"""Claims and their derivations, line by line; citations; and what is checked by running it."""
