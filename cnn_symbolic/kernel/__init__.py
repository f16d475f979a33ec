"""The trusted part: reads entry formulas, decides equality for all sizes at once, and makes verdicts.

What it trusts: the definitions of the operations (the entry formulas that a statement consists of),
the automatic simplifications of SymPy's own constructors, SymPy's `diff` on sums, products, tensor
entries and opaque functions, the reader in `reader`, the treatment of products in `products` and
`unknowns`, and isl. It never calls `doit`, `simplify`, `piecewise_fold`, `change_index` or `equals`,
which are wrong on some of these sums.
"""
