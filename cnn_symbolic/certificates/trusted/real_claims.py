"""Gradients over the real numbers: the derivative of any differentiable cost, through any differentiable activation.

What a certificate says over every ring is about a functional that is linear in the output. Here it is stated for a
cost C: where C is differentiable at the output, with the derivatives ∂C/∂output, and the activation at what it is
applied to, the derivative of C by one entry of the tensor is the right side of the claim. The statement is trusted: it
says how the output is made from the tensor, step by step, and its right side is the one of the claim over every ring.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import sympy as sp

from cnn_symbolic.certificates.trusted.chains import Chain
from cnn_symbolic.certificates.trusted.expressions import (
    CoqEntry,
    CoqFunction,
    CoqInverse,
    Expression,
    leaves,
)
from cnn_symbolic.certificates.trusted.integers import identifier
from cnn_symbolic.certificates.trusted.statements import Proposition, binders, places, plain, quantified
from cnn_symbolic.certificates.trusted.writing import CoqWriter

TENSOR, FUNCTION, INVERSE = "tensor reals", "R -> R", "Z -> R"


@dataclass(frozen=True)
class RealClaim:
    """A claim about a gradient over the real numbers, for a cost of the output of a chain of steps."""

    name: str
    claim: Proposition
    chain: Chain

    @property
    def sizes(self) -> dict[sp.Symbol, str]:
        """The identifiers of the sizes."""
        return self.claim.sizes

    @cached_property
    def tensors(self) -> dict[str, str]:
        """The identifiers of the tensors: those of the claim, then those that occur in the steps only."""
        found = dict(self.claim.tensors)
        made = [name for step in self.chain.steps for name in (step.before, step.name)]
        for name in (*(e.tensor for step in self.chain.steps for e in entries(step.body)), *made):
            if name not in found:
                found[name] = identifier("t", name, found.values())
        return found

    @cached_property
    def functions(self) -> dict[tuple[str, int], str]:
        """The identifiers of the functions, those that are applied and their derivatives among them."""
        found = dict(self.claim.functions)
        needed = [(e.name, e.order) for step in self.chain.steps for e in applications(step.body)]
        needed += [function for step in self.chain.steps for function in step.functions or ()]
        for name, order in needed:
            if (name, order) not in found:
                found[name, order] = identifier("f", name + "′" * order, found.values())
        return found

    @cached_property
    def makers(self) -> list[str]:
        """The names of the definitions of the steps."""
        found: list[str] = []
        for step in self.chain.steps:
            found.append(identifier("to", step.name, found))
        return found

    @cached_property
    def has_inverses(self) -> bool:
        """Whether reciprocals of integers occur."""
        inside = (part for step in self.chain.steps for part in leaves(step.body))
        return self.claim.has_inverses or any(isinstance(part, CoqInverse) for part in inside)

    @property
    def made(self) -> set[str]:
        """The names of the tensors that the steps make."""
        return {step.name for step in self.chain.steps}

    @property
    def given(self) -> list[tuple[str, str]]:
        """What the claim is about, for all values: identifiers with their types; the sizes and the cost left out."""
        found = [(t, TENSOR) for name, t in self.tensors.items() if name not in self.made or name == self.chain.wrt]
        found += [(f, FUNCTION) for f in self.functions.values()]
        return [*found, *([("inverse", INVERSE)] if self.has_inverses else [])]

    @property
    def parameter(self) -> str:
        """The identifier of the tensor that the derivative is by."""
        return self.tensors[self.chain.wrt]

    @property
    def indices(self) -> list[str]:
        """The identifiers of the indices of the entry that the derivative is by."""
        return list(self.claim.indices.values())

    def writer(self, names: Mapping[sp.Symbol, str]) -> CoqWriter:
        """Return what writes expressions in the sizes and further indices."""
        return CoqWriter({**self.sizes, **names}, self.tensors, self.functions)

    def shape(self, position: int) -> str:
        """Return the shape of the tensor after so many steps."""
        return self.writer({}).list(self.chain.lengths(position))

    def step_operands(self, position: int) -> list[tuple[str, str]]:
        """Return what a step is a function of, besides the sizes and the tensor before it."""
        step = self.chain.steps[position]
        if step.functions is not None:
            return [(self.functions[step.functions[0]], FUNCTION)]
        return [(name, kind.format("reals")) for name, kind in operands((step.body,), self.tensors, self.functions)]

    def step_applied(self, position: int) -> str:
        """Return a step as a function of the tensor before it."""
        sizes = self.sizes.values() if self.chain.steps[position].functions is None else ()
        return " ".join([self.makers[position], *sizes, *(name for name, _ in self.step_operands(position))])

    def made_from(self, x: str, first: int, last: int) -> str:
        """Return what the steps from one position to another make of a tensor."""
        for position in range(first, last):
            x = f"({self.step_applied(position)} {x})"
        return x

    def value(self, position: int) -> str:
        """Return the tensor after so many steps."""
        return self.tensors[self.chain.steps[position - 1].name] if position else self.parameter

    def definition(self, position: int) -> str:
        """Return the definition of a step."""
        step = self.chain.steps[position]
        operands = binders(self.step_operands(position))
        if step.functions is not None:
            return (
                f"Definition {self.makers[position]}{operands} (x : {TENSOR}) : {TENSOR} :=\n"
                f"  fun v => {self.functions[step.functions[0]]} (x v)."
            )
        header = f"Definition {self.makers[position]}{self.claim.sized}{operands} (x : {TENSOR}) : {TENSOR} := fun v =>"
        return f"{header}\n  {self.by_entries(step.index, step.body)}."

    def by_entries(self, index: Sequence[sp.Symbol], entry: Expression) -> str:
        """Return the tensor, at an index v, whose entries are given."""
        names = places(index)
        text = self.writer(names).statement(entry)
        return f"match v with\n  | [{'; '.join(names.values())}] =>\n    {text}\n  | _ => zero\n  end"

    @property
    def right(self) -> str:
        """The right side of the claim, with the tensors that the steps make."""
        return " ".join([f"S_{self.name}.{self.claim.names[1]} reals", *self.claim.all_given, *self.indices])

    @property
    def smooth(self) -> list[str]:
        """What is assumed of the functions that are applied."""
        found = []
        for position, step in enumerate(self.chain.steps):
            if step.functions is not None:
                (f, slope), x = (self.functions[function] for function in step.functions), self.value(position)
                within = f"inside {self.shape(position)} v = true"
                found.append(f"(forall v, {within} -> derivable_pt_lim {f} ({x} v) ({slope} ({x} v)))")
        return found

    @property
    def text(self) -> str:
        """The text of the statement's file."""
        steps = len(self.chain.steps)
        lines = [
            f"From Coq Require Import ZArith List Reals.\n"
            f"From CnnSymbolic Require Import Definitions Differentiation Reals.\n"
            f"From Certificates Require S_{self.name}.\n"
            "Import ListNotations.\nLocal Open Scope Z_scope.\nLocal Open Scope bool_scope.\n"
            "Local Open Scope ring_scope.",
            f"(** {plain(self.claim.title)}:\n    over the real numbers, for every cost that is differentiable. *)",
            *(
                f"(** {self.value(position + 1)}, made from {self.value(position)}. *)\n{self.definition(position)}"
                for position in range(steps)
            ),
        ]
        arriving = self.tensors[self.chain.arriving]
        output = self.made_from(f"(bump {self.parameter} {self.claim.place} t)", 0, steps)
        conditions = [f"S_{self.name}.assumed {' '.join(self.sizes.values())}".rstrip()]
        conditions += ["reciprocals inverse"] if self.has_inverses else []
        facts = [f"differentiable (positions {self.shape(steps)}) cost {self.value(steps)} {arriving}", *self.smooth]
        lets = [
            f"let {self.value(position + 1)} := {self.step_applied(position)} {self.value(position)} in"
            for position in range(steps)
        ]
        bounds = [quantified("forall", self.indices).rstrip(), *(f"{bound}%Z ->" for bound in self.claim.within)]
        body = [
            *(f"forall ({name} : {kind})," for name, kind in self.given),
            f"forall (cost : {TENSOR} -> R),",
            *(f"{condition} ->" for condition in conditions),
            *lets,
            *(f"{fact} ->" for fact in facts),
            " ".join(bounds).strip(),
            f"derivable_pt_lim (fun t => cost {output}) 0%R\n    ({self.right}).",
        ]
        head = f"Definition claim : Prop := {quantified('forall', self.sizes.values())}".rstrip()
        return "\n\n".join([*lines, "\n  ".join([head, *filter(None, body)])]) + "\n"


def entries(e: Expression) -> Iterator[CoqEntry]:
    """Yield the entries of tensors in an expression, those that functions are applied to among them."""
    yield from (part.entry for part in leaves(e) if part.entry is not None)


def applications(e: Expression) -> Iterator[CoqFunction]:
    """Yield the functions of entries in an expression."""
    yield from (part for part in leaves(e) if isinstance(part, CoqFunction))


def operands(
    parts: Sequence[Expression], tensors: Mapping[str, str], functions: Mapping[tuple[str, int], str]
) -> list[tuple[str, str]]:
    """Return what expressions are functions of: identifiers with their types, with {} for the ring."""
    names = dict.fromkeys(tensors[e.tensor] for part in parts for e in entries(part) if not e.derived)
    calls = dict.fromkeys(functions[e.name, e.order] for part in parts for e in applications(part))
    has_inverses = any(isinstance(leaf, CoqInverse) for part in parts for leaf in leaves(part))
    found = [*((name, "tensor {}") for name in names), *((call, FUNCTION) for call in calls)]
    return [*found, *([("inverse", INVERSE)] if has_inverses else [])]
