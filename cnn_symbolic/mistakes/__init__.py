"""The mistakes that people make, as changes of a formula, and which of them explains a wrong one."""
