"""The trusted part: reads entry formulas, decides equality for all sizes at once, and makes verdicts.

What it trusts: the definitions of the operations (the entry formulas that a statement consists of), the rules by which
expressions are built (`expressions.rules`), the reader in `reader`, the treatment of products in `products` and
`unknowns`, and isl. And of SymPy, what it does by itself on the way of a formula:

- sums, products and powers with literal exponents of integer symbols, heads, entries and rational numbers: terms and
  factors are collected, numbers are multiplied out. That is ring arithmetic, true for all values;
- `expand`, which multiplies out sums and products;
- `diff` on sums, products, powers, `Sum` and `Derivative`: the sum and product rules. The derivatives of entries, heads
  and opaque functions are this package's own;
- `Sum`, which joins nested sums and never evaluates;
- `xreplace` and the like, which build the same heads anew, unevaluated.

It never calls `doit`, `simplify`, `piecewise_fold`, `change_index` or `equals`, which are wrong on some of these sums;
no remainder, quotient, maximum, delta or comparison is SymPy's, and no assumption is asked of anything but a plain
symbol or a number. No verdict leaves it before `confirming` has compared it with NumPy.
"""
