"""Expressions in sizes and indices that nothing evaluates, and the numbers that people calculate with.

SymPy's own remainders, quotients, maxima, deltas and comparisons are wrong on some integer expressions while they are
being built: `Mod(2*Mod(i, 4), 4)` becomes `2*Mod(i, 4)`. None of them is used; those in `heads` stand as they are
built. What is left to SymPy is ring arithmetic: sums, products and powers of plain symbols, heads and rational numbers.
"""
