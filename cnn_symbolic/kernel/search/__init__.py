"""What searches, confirms and tells: nothing here can make a theorem, only look for counterexamples and refuse one."""
