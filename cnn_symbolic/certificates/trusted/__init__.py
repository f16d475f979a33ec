"""What is believed of a certificate: its statement, and how Coq is asked to check it."""
