"""How formulas are written, as text and as LaTeX: names of bound indices, sums, entries, operations.

Bound indices get the letters of the axis that they run along (`r, c` in a feature map, `i, j` in an
overlay), with primes where a letter is taken.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import sympy as sp

from cnn_symbolic.formulas import Iverson, Opaque
from cnn_symbolic.shapes import format_shape
from cnn_symbolic.tensors import Call, Leaf, Named, ShapeOf, Tensor

__all__ = ["Latex", "Text", "letters_of"]

Letters = Mapping[str, Sequence[str]]
RELATIONS = {sp.Eq: "=", sp.Ne: "≠", sp.Ge: "≥", sp.Gt: ">", sp.Le: "≤", sp.Lt: "<"}


def letters_of(*tensors: Tensor | ShapeOf) -> dict[str, tuple[str, ...]]:
    """Return the index letters of all tensors with names that the given tensors are made from."""
    found: dict[str, tuple[str, ...]] = {}
    for x in tensors:
        for name, part in (x.tensor if isinstance(x, ShapeOf) else x).names().items():
            if isinstance(part.source, Leaf | Named) and part.source.indices:
                found[name] = part.source.indices
    return found


def axis_letters(e: sp.Basic, variable: sp.Symbol, letters: Letters) -> str | None:
    """Return the letter of an axis that is indexed by exactly `variable` somewhere in the formula."""
    for at in sorted(e.atoms(sp.Indexed), key=str):
        for given, index in zip(letters.get(str(at.base.label), ()), at.indices, strict=False):
            if index == variable:
                return given
    return None


def free_letter(wanted: str, taken: set[str]) -> str:
    """Return the wanted letter, with as many primes as it takes to differ from the taken ones."""
    while wanted in taken:
        wanted += "′"
    return wanted


class Text:
    """Writes formulas as plain text: `Σ{r=0..M-I} a_prev[i + r]·δ[r]`."""

    times, minus = "·", " - "
    relations: Mapping[Any, str] = RELATIONS

    def __init__(self, letters: Letters) -> None:
        self.letters = letters

    def formula(self, e: sp.Expr, index: Mapping[sp.Symbol, str]) -> str:
        """Return a formula, the names of its free indices being given."""
        return self.expr(e, {symbol: self.symbol(name) for symbol, name in index.items()})

    def expr(self, e: Any, names: Mapping[Any, str]) -> str:
        """Return a formula in a scope of index names."""
        if e in names:
            return names[e]
        if isinstance(e, sp.Rational):
            return self.fraction(str(abs(e.p)), str(e.q), e < 0)
        if isinstance(e, sp.Symbol):
            return self.symbol(e.name)
        if isinstance(e, sp.Add):
            return self.add(e, names)
        if isinstance(e, sp.Mul):
            return self.mul(e, names)
        if isinstance(e, sp.Pow):
            if e.exp == -1:
                return self.fraction("1", self.tight(e.base, names))
            return f"{self.tight(e.base, names)}{self.superscript(self.expr(e.exp, names))}"
        if isinstance(e, sp.Indexed):
            return self.entry(self.symbol(str(e.base.label)), [self.expr(i, names) for i in e.indices])
        if isinstance(e, sp.Sum):
            return self.sum(e, names)
        if isinstance(e, sp.KroneckerDelta):
            return self.delta(*(self.expr(part, names) for part in e.args))
        if isinstance(e, Iverson):
            return f"[{self.condition(e.args[0], names)}]"
        if isinstance(e, Opaque):
            return self.call(self.symbol(e.name) + self.primes(e.order), [self.expr(e.argument, names)])
        if isinstance(e, sp.Derivative):
            return self.derivative(self.expr(e.variables[0], names), self.tight(e.expr, names))
        if isinstance(e, sp.floor | sp.ceiling):
            top, bottom = sp.fraction(sp.together(e.args[0]))
            inner = f"{self.tight(top, names)}/{self.expr(bottom, names)}" if bottom != 1 else self.expr(top, names)
            return self.rounded(inner, isinstance(e, sp.floor))
        if isinstance(e, sp.Mod):
            return self.mod(self.tight(e.args[0], names), self.expr(e.args[1], names))
        return self.call(self.operator(type(e).__name__.lower()), [self.expr(part, names) for part in e.args])

    def add(self, e: sp.Add, names: Mapping[Any, str]) -> str:
        """Return a sum of terms: positive ones first, then negative ones, then the number; sums before entries."""
        scope = list(names)

        def place(part: sp.Expr) -> tuple[bool, bool, bool, int, str]:
            outermost = scope.index(part) if part in names else len(scope)
            negative = part.could_extract_minus_sign()
            return (part.is_Rational, negative, not part.has(sp.Sum), outermost, self.expr(part, names))

        written = ""
        for part in sorted(e.args, key=place):
            if part.could_extract_minus_sign() and written:
                written += self.minus + self.tight(-part, names)
            else:
                written += (" + " if written else "") + self.expr(part, names)
        return written

    def mul(self, e: sp.Mul, names: Mapping[Any, str]) -> str:
        """Return a product: a number, what is divided by, deltas and entries, sums last."""
        number, rest = e.as_coeff_Mul()
        factors = list(sp.Mul.make_args(rest))
        factors.sort(key=lambda f: (f.has(sp.Derivative), isinstance(f, sp.Sum), not isinstance(f, sp.KroneckerDelta)))
        written = []
        for k, factor in enumerate(factors):
            last = k == len(factors) - 1 and isinstance(factor, sp.Sum)
            written.append(self.expr(factor, names) if last else self.tight(factor, names))
        product = self.times.join(written)
        if abs(number) != 1:
            product = self.times.join([self.fraction(str(abs(number.p)), str(number.q)), product])
        return f"-{product}" if number < 0 else product

    def tight(self, e: Any, names: Mapping[Any, str]) -> str:
        """Return a formula as a factor: with parentheses where it needs them."""
        written = self.expr(e, names)
        loose = isinstance(e, sp.Add | sp.Sum) or (isinstance(e, sp.Mul) and e.could_extract_minus_sign())
        return self.parenthesised(written) if loose and e not in names else written

    def sum(self, e: sp.Sum, names: Mapping[Any, str]) -> str:
        """Return a sum with its bounds, its indices named after the axes that they run along."""
        scope = dict(names)
        runs = []
        for variable, low, high in reversed(e.limits):
            taken = set(scope.values()) | {self.symbol(s.name) for s in e.free_symbols if isinstance(s, sp.Symbol)}
            wanted = axis_letters(e.function, variable, self.letters) or variable.name
            bounds = self.expr(low, scope), self.expr(high, scope)
            scope[variable] = self.symbol(free_letter(wanted, {t.replace("'", "′") for t in taken}))
            runs.append((scope[variable], *bounds))
        body = self.expr(e.function, scope)
        return self.sigma(runs) + (self.parenthesised(body) if isinstance(e.function, sp.Add) else body)

    def condition(self, e: Any, names: Mapping[Any, str]) -> str:
        """Return a condition on indices and sizes."""
        if isinstance(e, sp.And | sp.Or):
            return self.connective(isinstance(e, sp.And)).join(sorted(self.condition(p, names) for p in e.args))
        if isinstance(e, sp.Not):
            return self.negated(self.condition(e.args[0], names))
        for relation, sign in self.relations.items():
            if isinstance(e, relation):
                return f"{self.expr(e.lhs, names)} {sign} {self.expr(e.rhs, names)}"
        return str(e)

    # What differs between text and LaTeX

    def symbol(self, name: str) -> str:
        """Return a name."""
        return name

    def operator(self, name: str) -> str:
        """Return the name of an operation."""
        return name

    def primes(self, count: int) -> str:
        """Return the marks of a derivative."""
        return "′" * count

    def superscript(self, text: str) -> str:
        """Return an exponent."""
        return f"^{text}"

    def parenthesised(self, text: str) -> str:
        """Return a formula in parentheses."""
        return f"({text})"

    def fraction(self, top: str, bottom: str, negative: bool = False) -> str:
        """Return a fraction of two formulas."""
        return ("-" if negative else "") + (top if bottom == "1" else f"{top}/{bottom}")

    def entry(self, tensor: str, index: Sequence[str]) -> str:
        """Return a tensor's entry."""
        return f"{tensor}[{', '.join(index)}]"

    def delta(self, a: str, b: str) -> str:
        """Return a Kronecker delta."""
        return f"[{a} = {b}]"

    def call(self, function: str, arguments: Sequence[str]) -> str:
        """Return a function at its arguments."""
        return f"{function}({', '.join(arguments)})"

    def derivative(self, variable: str, body: str) -> str:
        """Return a derivative that is not carried out."""
        return f"∂/∂{variable} {body}"

    def rounded(self, text: str, down: bool) -> str:
        """Return a number rounded down or up."""
        return f"⌊{text}⌋" if down else f"⌈{text}⌉"

    def mod(self, a: str, b: str) -> str:
        """Return a remainder."""
        return f"({a} mod {b})"

    def sigma(self, runs: Sequence[tuple[str, str, str]]) -> str:
        """Return the signs of a sum over indices with their bounds."""
        return f"Σ{{{', '.join(f'{name}={low}..{high}' for name, low, high in runs)}}} "

    def connective(self, conjunction: bool) -> str:
        """Return "and" or "or"."""
        return " and " if conjunction else " or "

    def negated(self, text: str) -> str:
        """Return a negation."""
        return f"not ({text})"

    def tensor(self, x: Tensor | ShapeOf | Sequence[Any], index: Sequence[str] = ()) -> str:
        """Return a tensor as an operation on tensors, or one entry of it."""
        if isinstance(x, ShapeOf):
            return f"shape({x.tensor})"
        written = str(x) if isinstance(x, Tensor) else format_shape([self.expr(n, {}) for n in x])
        if not index:
            return written
        infix = isinstance(x, Tensor) and isinstance(x.source, Call) and x.source.operation in INFIX
        return self.entry(f"({written})" if infix else written, index)


INFIX = {"add", "multiply", "scale", "broadcast", "sum_family"}


def array_latex(values: Any) -> str:
    """Return an array of exact numbers as a LaTeX matrix; beyond two axes, as a list of matrices."""
    array = np.array(values, dtype=object)
    if array.ndim == 0:
        return str(array[()])
    if array.ndim > 2:
        return r"\left[" + ", ".join(array_latex(part) for part in array) + r"\right]"
    rows = array.reshape((1, -1)) if array.ndim == 1 else array
    return r"\begin{pmatrix} " + r" \\ ".join(" & ".join(map(str, row)) for row in rows) + r" \end{pmatrix}"


GREEK = {
    "α": "alpha", "β": "beta", "γ": "gamma", "δ": "delta", "ε": "varepsilon", "ζ": "zeta", "η": "eta",
    "θ": "theta", "κ": "kappa", "λ": "lambda", "μ": "mu", "ν": "nu", "ξ": "xi", "π": "pi", "ρ": "rho",
    "σ": "sigma", "τ": "tau", "φ": "varphi", "χ": "chi", "ψ": "psi", "ω": "omega", "Δ": "Delta",
    "Σ": "Sigma", "Φ": "Phi", "Ψ": "Psi", "Ω": "Omega", "Λ": "Lambda", "Γ": "Gamma", "Θ": "Theta",
}  # fmt: skip
SPECIAL = {
    "\\": r"\textbackslash{}", "_": r"\_", "%": r"\%", "&": r"\&", "#": r"\#", "{": r"\{", "}": r"\}", "$": r"\$",
    "~": r"\textasciitilde{}", "^": r"\textasciicircum{}", "<": r"\textless{}", ">": r"\textgreater{}",
}  # fmt: skip


def escape(text: str) -> str:
    """Return plain text so that LaTeX prints it as it is; a character that it has no sign for, by its number."""
    return "".join(SPECIAL.get(c) or (c if ord(c) < 0x180 else f"[U+{ord(c):04X}]") for c in text)


class Latex(Text):
    """Writes formulas as LaTeX mathematics."""

    times, minus = r" \, ", " - "
    relations: Mapping[Any, str] = RELATIONS | {sp.Ne: r"\neq", sp.Ge: r"\ge", sp.Le: r"\le"}

    def symbol(self, name: str) -> str:
        """Return a name: Greek letters by their commands, `a_prev` with a superscript, long names upright."""
        derivative = re.fullmatch("∂(.+)/∂(.+)", name)
        if derivative:
            top, bottom = (self.symbol(part) for part in derivative.groups())
            return rf"\frac{{\partial {top}}}{{\partial {bottom}}}"
        bare = name.rstrip("′")
        marks = "'" * (len(name) - len(bare))
        head, _, tail = bare.partition("_")
        if head in GREEK:
            written = f"\\{GREEK[head]}"
        elif re.fullmatch("[A-Za-z]", head):
            written = head
        elif re.fullmatch(r"\D[0-9]+", head):
            written = f"{self.symbol(head[0])}_{{{head[1:]}}}"
        else:
            written = rf"\mathit{{{escape(head)}}}"
        return written + marks + (rf"^{{\mathrm{{{escape(tail)}}}}}" if tail else "")

    def operator(self, name: str) -> str:
        """Return the name of an operation."""
        return rf"\operatorname{{{escape(name)}}}"

    def primes(self, count: int) -> str:
        """Return the marks of a derivative."""
        return "'" * count

    def superscript(self, text: str) -> str:
        """Return an exponent."""
        return f"^{{{text}}}"

    def parenthesised(self, text: str) -> str:
        """Return a formula in parentheses."""
        return rf"\Bigl({text}\Bigr)" if r"\sum" in text else f"({text})"

    def fraction(self, top: str, bottom: str, negative: bool = False) -> str:
        """Return a fraction of two formulas."""
        return ("-" if negative else "") + (top if bottom == "1" else rf"\tfrac{{{top}}}{{{bottom}}}")

    def entry(self, tensor: str, index: Sequence[str]) -> str:
        """Return a tensor's entry."""
        bracketed = rf"\bigl(\t{tensor[1:]}\bigr)" if tensor.startswith(r"\frac") else tensor
        base = f"{{{bracketed}}}" if "_" in bracketed else bracketed
        return f"{base}_{{{','.join(index)}}}"

    def delta(self, a: str, b: str) -> str:
        """Return a Kronecker delta; Iverson's bracket keeps it apart from the components δ."""
        return f"[{a} = {b}]"

    def derivative(self, variable: str, body: str) -> str:
        """Return a derivative that is not carried out."""
        return rf"\frac{{\partial}}{{\partial {variable}}} {body}"

    def rounded(self, text: str, down: bool) -> str:
        """Return a number rounded down or up."""
        return rf"\lfloor {text} \rfloor" if down else rf"\lceil {text} \rceil"

    def mod(self, a: str, b: str) -> str:
        """Return a remainder."""
        return rf"({a} \bmod {b})"

    def sigma(self, runs: Sequence[tuple[str, str, str]]) -> str:
        """Return the signs of a sum over indices with their bounds."""
        return " ".join(rf"\sum_{{{name}={low}}}^{{{high}}}" for name, low, high in runs) + " "

    def connective(self, conjunction: bool) -> str:
        """Return "and" or "or"."""
        return r" \wedge " if conjunction else r" \vee "

    def negated(self, text: str) -> str:
        """Return a negation."""
        return rf"\neg ({text})"

    def tensor(self, x: Tensor | ShapeOf | Sequence[Any], index: Sequence[str] = ()) -> str:
        """Return a tensor as an operation on tensors, or one entry of it."""
        if isinstance(x, ShapeOf):
            return rf"\operatorname{{shape}}({self.tensor(x.tensor)})"
        if not isinstance(x, Tensor):
            return rf"({', '.join(self.expr(n, {}) for n in x)})"
        if not index:
            return self.whole(x)
        plain = x.name is not None or (isinstance(x.source, Call) and x.source.operation == "gradient")
        return self.entry(self.whole(x) if plain else f"({self.whole(x)})", index)

    def whole(self, x: Tensor) -> str:
        """Return a tensor as an operation on tensors."""
        if not isinstance(x.source, Call):
            return self.symbol(x.source.name)
        call = x.source
        if call.operation == "gradient":
            return rf"\frac{{\partial C}}{{\partial {self.whole(call.operands[1])}}}"
        if call.operation == "apply":
            primes = self.primes(call.options["order"])
            return f"{self.symbol(call.options['function'])}{primes}({self.whole(call.operands[0])})"
        if call.operation == "from_entries":
            names = {symbol: symbol.name for symbol in call.options["index"]}
            index = [self.symbol(name) for name in names.values()]
            return rf"\bigl({self.formula(call.options['entry'], names)}\bigr)_{{{','.join(index)}}}"
        parts = [self.operand(x) for x in call.operands]
        if call.operation in ("correlate", "convolve"):
            sign = r"\star" if call.operation == "correlate" else "*"
            return rf"{parts[0]} {sign}_{{\mathrm{{{call.options['mode']}}}}} {parts[1]}"
        if call.operation == "add":
            return " + ".join(parts).replace("+ -", "- ")
        if call.operation == "multiply":
            return rf"{parts[0]} \odot {parts[1]}"
        if call.operation == "scale":
            factor = sp.sympify(call.options["factor"])
            return f"-{parts[0]}" if factor == -1 else self.scaled(self.tight(factor, {}), parts[0])
        if call.operation == "constant":
            value, lengths = str(call.options["value"]), call.options["shape"]
            return rf"\mathbf{{{value}}}_{{{self.tensor(lengths)}}}" if lengths else value
        if call.operation == "literal":
            return array_latex(call.options["values"])
        if call.operation == "take":
            return rf"{{{parts[0]}}}_{{{','.join(self.option(i) for i in call.options['at'])}}}"
        if call.operation in ("stack_family", "sum_family"):
            run = rf"0\le {self.symbol(call.options['index'].name)}<{self.expr(call.options['length'], {})}"
            if call.operation == "stack_family":
                return rf"\bigl[{self.whole(call.operands[0])}\bigr]_{{{run}}}"
            return rf"\sum_{{{run}}} {parts[0]}"
        if call.operation == "broadcast":
            return self.whole(call.operands[0])
        if call.operation == "sum_axes":
            axes = ",".join(map(str, call.options["axes"]))
            return rf"\operatorname{{sum}}_{{{axes}}}({self.whole(call.operands[0])})"
        plain = [self.whole(x) for x in call.operands]
        options = [rf"\mathrm{{{escape(k)}}}={self.option(v)}" for k, v in call.options.items()]
        return self.call(self.operator(call.operation), [*plain, *options])

    def scaled(self, factor: str, tensor: str) -> str:
        """Return a multiple of a tensor."""
        return factor if tensor == "1" else f"{factor}{self.times}{tensor}"

    def operand(self, x: Tensor) -> str:
        """Return a tensor as an operand of an infix operation."""
        infix = isinstance(x.source, Call) and x.source.operation in {*INFIX, "correlate", "convolve", "sum_family"}
        if isinstance(x.source, Call) and x.source.options.get("factor") == -1:
            return self.whole(x)
        if isinstance(x.source, Call) and x.source.operation == "broadcast":
            return self.operand(x.source.operands[0])
        return f"({self.whole(x)})" if infix else self.whole(x)

    def option(self, value: Any) -> str:
        """Return an operation's option."""
        if isinstance(value, sp.Dummy):
            return self.symbol(value.name)
        if isinstance(value, sp.Expr):
            return self.expr(value, {})
        if isinstance(value, tuple):
            return f"({', '.join(self.option(v) for v in value)})"
        return escape(str(value)) if isinstance(value, int | bool) else rf"\mathrm{{{escape(str(value))}}}"
