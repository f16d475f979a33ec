"""The same in other programs: in pytest, and in notebooks."""
