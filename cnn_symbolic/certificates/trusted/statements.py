"""Claims as Coq propositions: what is assumed, what is defined, and what is equal in every commutative ring.

Trusted: this is the statement that a reader of a certificate has to believe. A gradient is stated before
differentiation: for the functional L = Σ cotangent · output, the claim is L(x + t·e) = L(x) + t·G for every t, where e
is the tensor that is 1 at one entry and 0 elsewhere; or for every t with t² = 0, where L is not affine in x. Where x
enters by way of intermediate results, L is made from all of them, and those that a function is applied to have
definitions of their own. Nothing that SymPy differentiated stands in it, unless what arrives depends on x itself, or no
proof was found: then the output is that of the steps that x enters, with the cotangents that SymPy found to arrive
there, and only the claim over the real numbers (see `real_claims`) is about the whole chain.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

import sympy as sp

from cnn_symbolic.certificates.trusted.certificate import NotCertified
from cnn_symbolic.certificates.trusted.expressions import (
    CoqFunction,
    CoqInverse,
    Expression,
    Made,
    depends,
    leaves,
)
from cnn_symbolic.certificates.trusted.integers import LETTERS, identifier, integer_text, proposition_text
from cnn_symbolic.certificates.trusted.reads import Read
from cnn_symbolic.certificates.trusted.terms import is_affine, next_function
from cnn_symbolic.certificates.trusted.writing import CoqWriter
from cnn_symbolic.expressions.heads import divisors
from cnn_symbolic.expressions.rules import least
from cnn_symbolic.kernel.trusted.statement import Statement

AND = " /\\ "
# How signs in titles are spelled in comments, besides letters.
SIGNS = {"/": "/", "′": "'", "·": " . ", "*": " . ", "−": "-", "≤": "<=", "≥": ">=", "≠": "<>", "⌊": "floor(", "⌋": ")"}


@dataclass(frozen=True)
class Proposition:
    """A claim in the form in which Coq is asked about it.

    `left` and `right` are expressions of one entry; for a gradient, `left` is the functional before
    differentiation, `wrt` the tensor, and `right` the derivative by its entry at the statement's index. `reads` are
    entries that are stated to lie inside of their tensors. `made` are intermediate results that functions are applied
    to and that the tensor enters, the first ones first. `is_shape` says that it is about shapes only, `derived` that a
    gradient stands in it other than as the whole left side, which SymPy has carried out; `by_steps` that the tensor
    enters by way of intermediate results, and what arrives there was differentiated by SymPy.
    """

    title: str
    statement: Statement
    left: Expression
    right: Expression
    wrt: str | None = None
    reads: tuple[Read, ...] = ()
    made: Mapping[str, Made] = field(default_factory=dict)
    is_shape: bool = False
    derived: bool = False
    by_steps: bool = False

    @property
    def is_affine(self) -> bool:
        """Whether the functional before differentiation is affine."""
        return is_affine(self.left)

    @cached_property
    def all_leaves(self) -> list[Any]:
        """The factors of both sides."""
        return [*leaves(self.left), *leaves(self.right)]

    @cached_property
    def tensors(self) -> dict[str, str]:
        """The identifiers of the tensors."""
        found: dict[str, str] = {}
        for part in self.all_leaves:
            if (entry := part.entry) is not None and entry.tensor not in found:
                found[entry.tensor] = identifier("t", entry.tensor, found.values())
        return found

    @cached_property
    def functions(self) -> dict[tuple[str, int], str]:
        """The identifiers of the functions that are applied to entries, and of the derivatives that are needed."""
        found: dict[tuple[str, int], str] = {}
        for part in self.all_leaves:
            if isinstance(part, CoqFunction):
                found[part.name, part.order] = ""
                if depends(part):
                    found[next_function(part.name, part.order)] = ""
        for name, order in found:
            found[name, order] = identifier("f", name + "′" * order, found.values())
        return found

    @cached_property
    def derived_functions(self) -> list[tuple[tuple[str, int], tuple[str, int]]]:
        """The functions that are differentiated, each with its derivative."""
        parts = [p for p in self.all_leaves if isinstance(p, CoqFunction) and depends(p)]
        return list(dict.fromkeys(((p.name, p.order), next_function(p.name, p.order)) for p in parts))

    @property
    def has_inverses(self) -> bool:
        """Whether reciprocals of integers occur."""
        return any(isinstance(part, CoqInverse) for part in self.all_leaves)

    @cached_property
    def sizes(self) -> dict[sp.Symbol, str]:
        """The identifiers of the sizes."""
        found: dict[sp.Symbol, str] = {}
        for size in self.statement.sizes:
            found[size] = identifier("n", size.name, found.values())
        return found

    @cached_property
    def indices(self) -> dict[sp.Symbol, str]:
        """The identifiers of the indices of the entry that the claim is about."""
        return {index: f"k{position}" for position, index in enumerate(self.statement.index, 1)}

    @cached_property
    def writer(self) -> CoqWriter:
        """What writes the two sides."""
        return CoqWriter({**self.sizes, **self.indices}, self.tensors, self.functions)

    @property
    def assumed(self) -> list[str]:
        """What is assumed of the sizes, as propositions."""
        lowest = [f"({least(size)} <= {name})" for size, name in self.sizes.items()]
        return [*lowest, *dict.fromkeys(proposition_text(holds, self.sizes) for holds in self.statement.conditions)]

    @property
    def defined(self) -> list[str]:
        """What has to hold of the sizes: shapes are equal, the right side is defined, no divisor is zero."""
        found = [
            f"({integer_text(a, self.sizes)} = {integer_text(b, self.sizes)})"
            for a, b in zip(self.statement.left.shape, self.statement.right.shape, strict=True)
        ]
        found += [proposition_text(holds, self.sizes) for holds in self.statement.right.conditions]
        found += [f"(0 < {integer_text(b, self.sizes)})" for b in self.divisors if b.free_symbols <= self.sizes.keys()]
        return list(dict.fromkeys(found))

    @property
    def divisors(self) -> list[sp.Expr]:
        """What is divided by, in the order in which it is met."""
        used: list[Any] = [*self.statement.left.shape, *self.statement.right.shape, *self.statement.assumptions]
        for side in (self.statement.left, self.statement.right):
            used += [*side.conditions, side.formula]
        return [b for part in used for b in divisors(part)]

    @property
    def within(self) -> list[str]:
        """The bounds of the entry's indices."""
        pairs = zip(self.indices.values(), self.statement.left.shape, strict=True)
        return [f"(0 <= {k} < {integer_text(n, self.sizes)})" for k, n in pairs]

    @property
    def text(self) -> str:
        """The text of the statement's file.

        Raises NotCertified where a divisor depends on an index: that it is positive is not stated.
        """
        if stray := [b for b in self.divisors if not b.free_symbols <= self.sizes.keys()]:
            raise NotCertified(f"something is divided by {stray[0]}, which depends on an index")
        inside = ["reads_inside"] if self.reads else []
        defined, *equal = self.claimed
        return self.stated(AND.join(["possible", defined, *inside, *equal]))

    @property
    def refuted_text(self) -> str:
        """The text of the statement's file for a refutation, whose claim is that the statement is false.

        It is false without a word about divisors that depend on indices.
        """
        claimed = AND.join(self.claimed)
        return self.stated(f"~ {claimed}" if self.is_shape else f"~ ({claimed})")

    @property
    def claimed(self) -> list[str]:
        """What the statement says of all sizes, as propositions."""
        return ["defined", *([] if self.is_shape else ["(forall R : ring, equal R)"])]

    def stated(self, claim: str) -> str:
        """Return the text of a file with the definitions that the statement is made of, and with what is claimed."""
        applied = " ".join(["assumed", *self.sizes.values()])
        lines = [
            "From CnnSymbolic Require Import Definitions.",
            "From Coq Require Import ZArith List.",
            "Import ListNotations.",
            "Local Open Scope Z_scope.",
            "Local Open Scope bool_scope.",
            "Local Open Scope ring_scope.",
            "",
            f"(** {plain(self.title)} *)",
            "",
            f"Definition assumed{self.sized} : Prop :=\n  ({joined(self.assumed)})%Z.",
            "",
            f"Definition possible : Prop := {quantified('exists', self.sizes.values())}{applied}.",
            "",
            f"Definition defined : Prop := {quantified('forall', self.sizes.values())}{applied} ->\n"
            f"  ({joined(self.defined)})%Z.",
        ]
        if self.reads:
            lines += ["", self.inside(applied)]
        if not self.is_shape:
            lines += ["", *self.sides(), "", self.equality(applied)]
        return "\n".join([*lines, "", f"Definition claim : Prop := {claim}.", ""])

    @property
    def sized(self) -> str:
        """The binder of the sizes that the sides are functions of."""
        return binder(self.sizes.values())

    @property
    def operands(self) -> list[tuple[str, str]]:
        """What the sides are functions of, besides the ring, sizes and indices: identifiers with their types."""
        found = [(self.tensors[name], "tensor R") for name in self.arbitrary]
        found += [(name, "R -> R") for name in self.functions.values()]
        return [*found, *([("inverse", "Z -> R")] if self.has_inverses else [])]

    @property
    def arbitrary(self) -> list[str]:
        """The names of the tensors that are not made from others."""
        return [name for name in self.tensors if name not in self.made]

    @property
    def given(self) -> list[str]:
        """The identifiers of the sizes and of what the sides are functions of."""
        return [*self.sizes.values(), *(name for name, _ in self.operands)]

    @property
    def values(self) -> list[tuple[str, str]]:
        """What the right side is a function of: the operands, and the intermediate results."""
        return [*self.operands, *((self.tensors[name], "tensor R") for name in self.made)]

    @property
    def all_given(self) -> list[str]:
        """The identifiers of the sizes and of what the right side is a function of."""
        return [*self.sizes.values(), *(name for name, _ in self.values)]

    @cached_property
    def makers(self) -> dict[str, str]:
        """What the definitions of the intermediate results are called."""
        found: dict[str, str] = {}
        for name in self.made:
            found[name] = identifier("to", name, found.values())
        return found

    @property
    def place(self) -> str:
        """The index of the entry as a list."""
        return f"[{'; '.join(self.indices.values())}]"

    @property
    def names(self) -> tuple[str, str]:
        """What the two sides are called."""
        return ("before", "after") if self.wrt else ("left", "right")

    def sides(self) -> list[str]:
        """Return the definitions of the two sides."""
        shared = f"(R : ring){self.sized}{binders(self.operands)}"
        place = binder(self.indices.values())
        before, after = self.names
        derived = " (x : tensor R)" if self.wrt else place
        found, lets = [], ""
        for name, made in self.made.items():
            writer = replace(self.writer, names={**self.sizes, **places(made.index)})
            pattern = f"[{'; '.join(places(made.index).values())}]"
            found += [
                f"Definition {self.makers[name]} {shared} (x : tensor R) : tensor R :={lets}\n  fun v => match v with "
                f"{pattern} => {writer.statement(made.body)} | _ => zero end.",
                "",
            ]
            lets += f"\n  {self.let(name, 'x')}"
        return [
            *found,
            f"Definition {before} {shared}{derived} : R :={lets}\n  {self.writer.statement(self.left)}.",
            "",
            f"Definition {after} (R : ring){self.sized}{binders(self.values)}{place} : R :=\n"
            f"  {self.writer.statement(self.right)}.",
        ]

    def let(self, name: str, x: str) -> str:
        """Return the words that say what an intermediate result is."""
        return f"let {self.tensors[name]} := {' '.join([self.makers[name], 'R', *self.given])} {x} in"

    def equality(self, applied: str) -> str:
        """Return the definition of what is equal."""
        before, after = self.names
        before, after = " ".join([before, "R", *self.given]), " ".join([after, "R", *self.all_given])
        place = " ".join(self.indices.values())
        if self.wrt:
            x = self.tensors[self.wrt]
            bumped = f"(bump {x} {self.place} t)"
            condition = "" if self.is_affine else "t * t = zero -> "
            lets = "".join(f"{self.let(name, x)}\n  " for name in self.made)
            equal = (
                f"{lets}forall t : R, {condition}{before} {bumped} = {before} {x} + t * {f'{after} {place}'.strip()}"
            )
        else:
            equal = f"{before} {place} = {after} {place}"
        named = "".join(f"\n  forall ({name} : {kind})," for name, kind in self.operands)
        facts = [applied, *self.premises]
        sizes = f" {quantified('forall', self.sizes.values())}".rstrip()
        inner = f"{quantified('forall', self.indices.values())}{''.join(f'{bound}%Z -> ' for bound in self.within)}"
        return f"Definition equal (R : ring) : Prop :={sizes}{named}\n  {' -> '.join(facts)} ->\n  {inner}\n  {equal}."

    def inside(self, applied: str) -> str:
        """Return the definition of which entries are read inside of their tensors."""
        facts = []
        for read in self.reads:
            writer = self.writer
            given = []
            for index, low, high in read.runs:
                lowest, end = writer.integer(low), writer.integer(high)
                writer = writer.within(index)
                given.append(f"({lowest} <= {writer.bound[-1][1]} < {end})")
            given += [proposition_text(holds, writer.scope) for holds in read.conditions]
            pairs = zip(read.index, read.shape, strict=True)
            within = AND.join(f"0 <= {writer.integer(i)} < {writer.integer(n)}" for i, n in pairs)
            loops = quantified("forall", (name for _, name in writer.bound))
            facts.append(f"({loops}{''.join(f'{holds} -> ' for holds in given)}{within})")
        place = quantified("forall", self.indices.values())
        bounds = "".join(f"{bound} -> " for bound in self.within)
        sizes = quantified("forall", self.sizes.values())
        return f"Definition reads_inside : Prop := {sizes}{applied} -> {place}\n  ({bounds}{joined(facts)})%Z."

    @property
    def premises(self) -> list[str]:
        """What is assumed of functions and reciprocals."""
        found = [f"derivative {self.functions[f]} {self.functions[g]}" for f, g in self.derived_functions]
        return [*found, *(["reciprocals inverse"] if self.has_inverses else [])]


def plain(title: str) -> str:
    """Return a title as a comment can hold it: without asterisks and quotation marks, which could end the comment."""
    spelled = "".join(SIGNS.get(c, LETTERS.get(c, c)) for c in title)
    return " ".join(re.sub(r"[^A-Za-z0-9 .,;:=+/<>()\[\]'_-]+", " ", spelled).split())


def places(index: Sequence[sp.Symbol]) -> dict[sp.Symbol, str]:
    """Return identifiers of the indices of a tensor that is defined entry by entry."""
    return {i: f"v{position}" for position, i in enumerate(index, 1)}


def binder(names: Iterable[str]) -> str:
    """Return a binder of integers, with a space before it; nothing without variables."""
    written = " ".join(names)
    return f" ({written} : Z)" if written else ""


def binders(operands: Iterable[tuple[str, str]]) -> str:
    """Return a binder for each of some variables with their types, with a space before it."""
    return "".join(f" ({name} : {kind})" for name, kind in operands)


def quantified(word: str, names: Iterable[str]) -> str:
    """Return a quantifier over integers; nothing without variables."""
    written = " ".join(names)
    return f"{word} {written} : Z, " if written else ""


def joined(parts: Sequence[str]) -> str:
    """Return propositions joined by `and`; True if there are none."""
    return " /\\\n   ".join(parts) or "True"
