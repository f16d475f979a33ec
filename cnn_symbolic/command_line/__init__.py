"""The commands, and how many claims are decided at the same time."""
