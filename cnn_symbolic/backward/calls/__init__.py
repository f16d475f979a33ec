"""One call of a function of others: what it is given, what it answers, and where it runs."""
