"""The proofs of one function, as plain texts: for each result what was proved, or where it is wrong, in words."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from typing import Any

import sympy as sp

from cnn_symbolic.backward.proofs.reading import Question, Reply, Wrong, compared, in_chosen, open_reply
from cnn_symbolic.backward.proofs.report import OPEN, PROVED, REFUTED, BackwardProof, ResultProof
from cnn_symbolic.claims.of_sizes import read_with
from cnn_symbolic.code.agreement import disagreement
from cnn_symbolic.code.calling import PassCall
from cnn_symbolic.code.proving import DecidedResult, Failing, PathClaim, Proof, proofs
from cnn_symbolic.code.reading import File
from cnn_symbolic.expressions import rules
from cnn_symbolic.expressions.evaluation import evaluate_size
from cnn_symbolic.expressions.formulas import named_number, size, substitute, symbols_of, width
from cnn_symbolic.expressions.printing import written
from cnn_symbolic.expressions.rules import is_plain_size
from cnn_symbolic.expressions.values import as_condition
from cnn_symbolic.ground.errors import CnnSymbolicError
from cnn_symbolic.kernel.search.conditions import shortest
from cnn_symbolic.kernel.search.verdicts import Refutation
from cnn_symbolic.kernel.trusted.integer_sets import Sets
from cnn_symbolic.kernel.trusted.reader import NotReadable
from cnn_symbolic.kernel.trusted.verdicts import Theorem, listed
from cnn_symbolic.layers.definitions import LayerDefinition, definition
from cnn_symbolic.layers.forward import Forward
from cnn_symbolic.layers.options import OVERLAY, SPATIAL
from cnn_symbolic.mistakes.named import named_mistake
from cnn_symbolic.tensors.sources import Entries
from cnn_symbolic.tensors.writing import Text, letters_of

Names = Mapping[Any, sp.Symbol]
# The order in which sizes are said: what is open in the options, such as S, comes before them.
ORDER = f"BC{SPATIAL}K{OVERLAY}"


def answers(question: Question) -> Iterator[Reply]:
    """Yield what is proved of a function for every combination of its options, better from one to the next."""
    return in_chosen(question.layer, lambda layer: answers_for(question, layer))


def answers_for(question: Question, layer: Forward) -> Iterator[Reply]:
    """Yield what is proved for a layer whose options have one value each, or are open, a result more each time."""
    try:
        defined = definition(layer)
        file, source = File(question.source.text, question.source.file), question.source
        assuming = list(assumed(question, defined))
        for proof in proofs(file, source.function, defined, call_of(question), source.program, assuming):
            differs, agreed = difference(question, layer, proof)
            if differs:
                yield Reply(BackwardProof(), (), differs)
                return
            nowhere = bool(proof.read) and all(path.raised is not None and path.raised.meant for path in proof.read)
            yield Reply(
                agreeing(in_words(question, proof), agreed), tuple(wrong_ones(question, layer, proof)), refused=nowhere
            )
    except CnnSymbolicError as stopped:
        yield open_reply(str(stopped))


def agreeing(proof: BackwardProof, names: set[str]) -> BackwardProof:
    """Return a proof of those results only that were compared with what the function returned."""
    reason = "what was read could not be compared with what it returned"
    results = [
        replace(each, outcome=OPEN, reason=reason) if each.outcome == PROVED and each.name not in names else each
        for each in proof.results
    ]
    return replace(proof, results=tuple(results))


def call_of(question: Question) -> PassCall:
    """Return how a function is called, in the words of the reading."""
    signature = question.signature
    keys = dict(signature.keys)
    return PassCall(signature.inputs, signature.outputs, signature.named, dict(question.axes), question.flipped, keys)


# Sizes


def names_of(defined: LayerDefinition) -> dict[sp.Symbol, sp.Symbol]:
    """Return the names that the sizes of x have in reports: the batch is B, and the axes are M, N and O."""
    x = defined.inputs["x"].lengths
    wanted = zip((x[0], *x[2:]), ("B", *SPATIAL), strict=False)
    known: dict[sp.Symbol, sp.Symbol] = {}
    for own, letter in wanted:
        while letter in defined.layer.open:
            letter += "′"
        if is_plain_size(own):
            known[own] = size(letter)
    return known


def assumed(question: Question, defined: LayerDefinition) -> Iterator[Any]:
    """Yield the conditions on the sizes that are assumed: those that were given, and that overlays are square."""
    overlay = defined.inputs["w"].lengths[2:] if "w" in defined.inputs else ()
    if question.square:
        yield from (rules.compare("=", overlay[0], n) for n in overlay[1:])
    known = {str(after): named_number(before) for before, after in names_of(defined).items()}
    own = {name: symbol for tensor in defined.inputs.values() for n in tensor.lengths for name, symbol in named(n)}
    for letter in ("C", "K", *OVERLAY):
        if letter in own:
            known.setdefault(letter, named_number(own[letter]))
    window = defined.options.get("window")
    if window is not None:
        each = window if isinstance(window, tuple) else (window,) * defined.layer.rank
        known |= dict(zip(OVERLAY, each, strict=False))
    for letter, name in (("S", "stride"), ("P", "padding"), ("D", "dilation"), ("G", "groups"), ("F", "factors")):
        value = defined.options.get(name)
        if name == "stride" and value is None and window is not None:
            value = window
        if value is not None and not isinstance(value, tuple | str):
            known[letter] = value
    for text in question.assuming:
        stated = read_with(text, known, "--assuming")
        yield as_condition(stated)


def named(e: Any) -> Iterable[tuple[str, sp.Symbol]]:
    """Return the sizes in an expression by name."""
    return [(str(s), s) for s in symbols_of(e) if is_plain_size(s)]


def at_sizes(sizes: Mapping[str, int], names: Names) -> dict[str, int]:
    """Return sizes under the names that they have in reports."""
    renamed = {str(before): str(after) for before, after in names.items()}
    found = {renamed.get(name, name): value for name, value in sizes.items()}
    return {name: found[name] for name in sorted(found, key=lambda name: (ORDER.find(name[0]), name))}


# What is said


def in_words(question: Question, proof: Proof) -> BackwardProof:
    """Return what was proved, as texts."""
    names, lines = names_of(proof.definition), question.source.lines
    results = tuple(result_in_words(proof, result, names, lines) for result in proof.results)
    domain = proof.read[0].world.domain if proof.read else ()
    refuses = said_shortly(rules.any_of(*proof.refuses), domain, names) if proof.refuses else ""
    return BackwardProof(
        results,
        proof.seconds,
        f"it refuses where {refuses}" if refuses else "",
        "; ".join(failing_in_words(each, names) for each in proof.failing),
    )


def result_in_words(proof: Proof, result: DecidedResult, names: Names, lines: tuple[int, int] | None) -> ResultProof:
    """Return what was proved of one result, as texts."""
    outcome = {"proved": PROVED, "refuted": REFUTED}.get(result.outcome, OPEN)
    formula, layer = tuple(formulas(proof, result, names)), proof.definition.layer
    if outcome == PROVED:
        return ResultProof(result.name, outcome, evidence_of(result, layer), result.seconds, lines, formula=formula)
    wrong = result.wrong
    if outcome == OPEN or wrong is None or not isinstance(wrong.verdict, Refutation):
        return ResultProof(
            result.name, OPEN, "", result.seconds, lines, reason=result.reason, line=result.line, formula=formula
        )
    gradient = proof.definition.gradients[result.name]
    mistake = None
    if wrong.formula is not None:
        assuming = (*wrong.path.world.domain, *wrong.path.conditions)
        mistake = named_mistake(gradient, wrong.formula, assuming, wrong.verdict)
    return ResultProof(
        result.name,
        outcome,
        "refuted",
        result.seconds,
        lines,
        condition=right_where(proof, result, names),
        sizes=at_sizes(wrong.verdict.sizes, names),
        what=what_is_wrong(wrong),
        mistake="" if mistake is None else mistake.name,
        formula=formula,
    )


def what_is_wrong(claim: PathClaim) -> str:
    """Return what is wrong on a path, if it is not the entries; with the line if there is one."""
    return "" if claim.formula is not None else f"line {claim.line}: {claim.what}" if claim.line else claim.what


def failing_in_words(failing: Failing, names: Names) -> str:
    """Return that the code ends with an exception, and where."""
    at = ", ".join(f"{name} = {value}" for name, value in at_sizes(failing.sizes, names).items())
    where = said_shortly(rules.all_of(*failing.path.conditions), failing.path.world.domain, names)
    where = f"where {where}" if failing.path.conditions else "at all sizes"
    return f"line {failing.line}: {failing.what}, {where}{f', such as {at}' if at else ''}"


def right_where(proof: Proof, result: DecidedResult, names: Names) -> str:
    """Return under which condition on the sizes a refuted result is right on all paths, as half a sentence."""
    wrong = [claim for claim in result.claims if isinstance(claim.verdict, Refutation)]
    right: list[Any] = [rules.negation(rules.all_of(*each.path.conditions)) for each in proof.failing]
    exactly, necessary, given = not result.reason, "", ""
    for claim in wrong:
        verdict = claim.verdict
        if not isinstance(verdict, Refutation) or verdict.holds_when is None or (verdict.given and len(wrong) > 1):
            return ""
        necessary = necessary or verdict.necessary
        given = ", ".join(f"{name} = {value}" for name, value in at_sizes(verdict.given, names).items())
        exactly = exactly and (claim.formula is not None or verdict.holds_when == sp.false)
        elsewhere = [rules.negation(rules.all_of(*claim.path.conditions))] if claim.path.conditions else []
        right.append(rules.any_of(*elsewhere, verdict.holds_when))
    condition = rules.all_of(*right)
    domain = (*wrong[0].path.world.domain, *map(rules.negation, proof.refuses))
    text = said_shortly(condition, domain, names)
    if necessary and exactly:
        never, only = f"for {necessary} never right", f"right when {text}, and for {necessary} only then"
        return never if condition == sp.false else only
    start = f"for {given} " if given else ""
    if condition == sp.false:
        return f"{start}never right"
    return f"{start}right {'exactly' if exactly else 'only'} when {text}"


def said_shortly(condition: Any, domain: Sequence[Any], names: Names) -> str:
    """Return a condition as short as it can be said within a domain, or what of it can be computed with."""
    with suppress(NotReadable, CnnSymbolicError):
        sizes = sorted({s for each in (condition, *domain) for s in symbols_of(each) if is_plain_size(s)}, key=str)
        sets = Sets(sizes, ())
        within = sets.sizes_where([])
        for each in domain:
            with suppress(NotReadable):
                within = within.intersect(sets.sizes_where([each]))
        condition = shortest(sets, within, condition)
    return written(substitute(condition, dict(names)) if isinstance(condition, sp.Basic) else condition)


def evidence_of(result: DecidedResult, layer: Forward) -> str:
    """Return how strong a proof is: what is left open in a layer is a size of which it holds for every value."""
    verdicts = [c.verdict for c in result.claims if c.formula is not None and isinstance(c.verdict, Theorem)]
    if not result.evidence.startswith("all shapes") or any(verdict.values for verdict in verdicts):
        return result.evidence
    names = dict.fromkeys([*layer.open, *(name for verdict in verdicts for name in verdict.factors)])
    return f"all shapes, every {listed(tuple(names))}" if names else "all shapes"


def formulas(proof: Proof, result: DecidedResult, names: Names) -> Iterator[str]:
    """Yield what was read of a result, on each path."""
    of = proof.definition.inputs[result.name[1:]]
    letters = tuple(getattr(of.source, "indices", ())) or tuple("ijklpq"[: of.rank])
    several = sum(claim.formula is not None for claim in result.claims) > 1
    for claim in result.claims:
        if claim.formula is None or not isinstance(claim.formula.source, Entries):
            continue
        index = tuple(sp.Dummy(letter, integer=True) for letter in letters)
        entry = substitute(claim.formula.formula(index), dict(names))
        text = Text(letters_of(claim.formula)).formula(entry, dict(zip(index, letters, strict=True)))
        left = f"{result.name}[{', '.join(letters)}]"
        where = said_shortly(rules.all_of(*claim.path.conditions), claim.path.world.domain, names) if several else ""
        yield f"{left} = {text}{f', where {where}' if where else ''}"


# What the function does


def difference(question: Question, layer: Forward, proof: Proof) -> tuple[str, set[str]]:
    """Return how what was read differs from what the function returned where it was called, empty if it does not.

    The names are of the results that were compared.
    """
    names = set[str]()
    for ran, at in compared(question.ran, layer):
        found, several = disagreement(proof, ran.values, at, ran.returned)
        if found:
            return found, names
        names |= several
    return "", names


def wrong_ones(question: Question, layer: Forward, proof: Proof) -> Iterator[Wrong]:
    """Yield where the function has to be wrong, as was read."""
    places: list[tuple[str | None, Mapping[str, int]]] = [
        (result.name, result.wrong.verdict.sizes)
        for result in proof.results
        if result.outcome == "refuted" and result.wrong is not None and isinstance(result.wrong.verdict, Refutation)
    ]
    places += [(None, failing.sizes) for failing in proof.failing if failing.sizes]
    for name, sizes in places:
        inputs = {key: tensor for key, tensor in proof.definition.inputs.items() if key != "b"}
        known = {s: sizes.get(str(s), 1) for tensor in inputs.values() for n in tensor.lengths for s in symbols_of(n)}
        known |= {make(key): sizes.get(key, 1) for key in layer.open for make in (size, width) if key in sizes}
        shapes = {key: tuple(evaluate_size(n, known) for n in tensor.lengths) for key, tensor in inputs.items()}
        at = {key: sizes.get(key, min(values)) for key, values in layer.open.items()}
        yield Wrong(name, list(question.layer.chosen()).index(layer), at, shapes)
