"""Claims as text: a small language that is read and never run."""
