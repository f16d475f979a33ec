"""Documents of `prove --json`, changed in a random place; and what a document says, computed by Python alone.

`python -m tests.support.document_attack 500` tries so many changes, and prints what becomes of them. The second reading
of a formula shares no code with the package: it computes the JSON value as it stands, at small sizes.
"""

import copy
import itertools
import json
import math
import re
import sys
import tempfile
from collections import Counter
from fractions import Fraction
from functools import cache
from pathlib import Path
from random import Random

from cnn_symbolic import (
    Step,
    apply,
    convolve,
    correlate,
    cotangent,
    dilate,
    gradient,
    named,
    prove,
    refute,
    rot180,
    shape,
    sizes,
    subsample,
    sum_over,
    tensor,
)
from cnn_symbolic.command_line.showing import replay_status
from cnn_symbolic.ground.errors import ExportError
from cnn_symbolic.library.loading import Claim
from cnn_symbolic.present.document import document
from cnn_symbolic.present.document_reading import read_document
from cnn_symbolic.present.replaying import replayed
from tests.support.settled import value

# The documents that are attacked


def made():
    """Claims of every kind, by name."""
    M, N, I, S, T = sizes("M N I S T")
    x, y, w = tensor(M, name="x"), tensor(N, name="y"), tensor(I, name="w")
    z = named("z", correlate(x, w))
    a = named("a", apply(z, function="σ"))
    backwards = Step(lambda i: sum_over(lambda u: x[i + I - 1 - u] * w[I - 1 - u], (I,)), "from the end on")
    hunch = Step(lambda i: 3 * x[i], "a hunch")
    turned = [Step(rot180(x), "turning changes nothing")]
    sampled = subsample(subsample(x, factors=(S,)), factors=(T,))
    return {
        "proved": prove("p", rot180(rot180(x)), equals=x),
        "refuted": refute("r", correlate(x, w, mode="full"), equals=convolve(x, w)),
        "never": refute("n", x + x, equals=x),
        "steps": prove("s", correlate(x, w), equals=convolve(x, rot180(w), mode="valid"), steps=[backwards]),
        "wrong_step": prove("ws", correlate(x, w), equals=correlate(x, w), steps=[backwards, hunch]),
        "wrong_tensor": prove("wt", x, equals=x, steps=turned),
        "gradient": prove("g", gradient(a, wrt=w), equals=correlate(x, apply(z, function="σ", order=1) * cotangent(a))),
        "assumed": prove("as", correlate(x, y), equals=convolve(x, y), assuming=[N == 1]),
        "defined": prove("d", shape(correlate(x, w)), equals=(M - I + 1,)),
        "numbers": prove("nr", (M % 2 + 2 * (M // 2),), equals=(M,)),
        "strides": prove("st", shape(dilate(x, factors=(S,))), equals=(S * (M - 1) + 1,)),
        "holds": prove("h", sampled, equals=subsample(subsample(x, factors=(T,)), factors=(S,))),
    }


@cache
def originals():
    """The documents as texts, by name, and one of several claims."""
    values = {name: value(Claim(name, one, Path("own.py"))) for name, one in made().items()}
    found = {name: json.dumps(document([one])) for name, one in values.items()}
    return found | {"several": json.dumps(document([values[name] for name in ("proved", "never", "steps", "defined")]))}


# Changes: each takes a document and a source of chance, and returns another document, or None where there is no place


def places(part, path=()):
    """Every place in a JSON value, with what is there."""
    yield path, part
    for key, inner in part.items() if isinstance(part, dict) else enumerate(part) if isinstance(part, list) else ():
        yield from places(inner, (*path, key))


def put(found, path, new):
    """A JSON value with another value at a place."""
    made_of = copy.deepcopy(found)
    inner = made_of
    for key in path[:-1]:
        inner = inner[key]
    inner[path[-1]] = new
    return made_of


def somewhere(is_place, becomes):
    """The change of one place that is chosen: there, a value becomes another one."""

    def change(found, random):
        chosen = [(path, part) for path, part in places(found) if path and is_place(path, part)]
        if not chosen:
            return None
        path, part = random.choice(chosen)
        return put(found, path, becomes(part, random))

    return change


def of_kind(kind, within=""):
    return lambda path, part: type(part) is kind and (not within or within in path)


def dropped(found, random):
    chosen = [path for path, part in places(found) if isinstance(part, dict) and part]
    path = random.choice(chosen)
    inner = dict(at(found, path))
    del inner[random.choice(list(inner))]
    return put(found, path, inner) if path else inner


def added(found, random):
    chosen = [path for path, part in places(found) if isinstance(part, dict) and path and "values" not in path]
    path = random.choice([p for p in chosen if p[-1] not in ("functions", "sizes", "holds_when_given", "tensors")])
    return put(found, path, {**at(found, path), "remark": 1})


def at(found, path):
    for key in path:
        found = found[key]
    return found


def of_claim(change):
    """The change of one claim, in place; it may say None where there is nothing to change."""

    def changed(found, random):
        found = copy.deepcopy(found)
        claim = random.choice(found["claims"])
        return None if change(claim, random) is None else found

    return changed


def swapped_sides(claim, _):
    formal = claim["formal"]
    formal["left"], formal["right"] = formal["right"], formal["left"]
    return claim


def other_side(claim, random):
    one, other = random.sample(["left", "right"], 2)
    claim["formal"][one] = claim["formal"][other]
    return claim


def without_requirement(claim, random):
    side = claim["formal"][random.choice(["left", "right"])]
    if not side["requirements"]:
        return None
    side["requirements"].pop(random.randrange(len(side["requirements"])))
    return claim


def without_requirements(claim, random):
    for name in random.choice([["left"], ["right"], ["left", "right"]]):
        claim["formal"][name]["requirements"] = random.choice([[], None])
    return claim


def more_assumed(claim, random):
    size = random.choice(["M", "N", "I", "S"])
    claim["formal"]["assumptions"].append([random.choice(["=", "<=", ">="]), ["size", size], random.randint(0, 2)])
    return claim


def renamed(claim, random):
    tensors = claim["formal"]["tensors"]
    if not tensors:
        return None
    name, new = random.choice(list(tensors)), random.choice(["0", "rot180(x)", "x", "M", "", "é", "a b", "\x1b[2J"])
    if random.random() < 0.5:
        tensors[new] = tensors.pop(name)
        return claim
    text = json.dumps(claim["formal"], ensure_ascii=False).replace(
        json.dumps(name, ensure_ascii=False), json.dumps(new)
    )
    claim["formal"] = json.loads(text)
    return claim


def other_shape(claim, random):
    shapes = [side["shape"] for side in (claim["formal"]["left"], claim["formal"]["right"])]
    shapes += [tensor["shape"] for tensor in claim["formal"]["tensors"].values()]
    for chosen in random.sample(shapes, random.randint(1, len(shapes))):
        chosen[:] = [random.choice([-1, 0, 1, 2, ["size", "N"], ["width", "Q"], ["+", ["size", "M"], -1]])] * len(
            chosen
        )
    return claim


def of_steps(change):
    def changed(claim, random):
        return None if len(claim["steps"]) < 2 or change(claim["steps"], random) is None else claim

    return of_claim(changed)


def reordered(steps, random):
    random.shuffle(steps)
    return steps


def without_step(steps, random):
    return steps.pop(random.randrange(len(steps)))


def doubled_step(steps, random):
    steps.insert(random.randrange(len(steps)), random.choice(steps))
    return steps


def strange_step(steps, random):
    name = random.choice(["steps", "wrong_step", "gradient", "proved"])
    other = random.choice(json.loads(originals()[name])["claims"][0]["steps"] or steps)
    steps[random.randrange(len(steps))] = other
    return steps


def strange_formal(claim, random):
    claim["formal"] = json.loads(originals()[random.choice(sorted(originals()))])["claims"][0]["formal"]
    return claim


def told(field, *values):
    """What is recorded becomes something else."""

    def changed(claim, random):
        claim[field] = random.choice([new for new in values if new != claim[field]])
        return claim

    return of_claim(changed)


def told_all(claim, random):
    """Everything that is recorded is that of another claim."""
    other = json.loads(originals()[random.choice(sorted(originals()))])["claims"][0]
    for field in ("verdict", "expected", "evidence", "assumptions", "holds_when", "holds_when_given", "counterexample"):
        claim[field] = other[field]
    return claim


def of_counterexample(claim, random):
    if claim["counterexample"] is None:
        return None
    claim["counterexample"] = somewhere(of_kind(int), lambda n, r: n + r.choice([-1, 1, 10**30]))(
        claim["counterexample"], random
    )
    return claim


def twice(found, random):
    found = copy.deepcopy(found)
    found["claims"].append(copy.deepcopy(random.choice(found["claims"])))
    return found


def deeper(part, random):
    for _ in range(random.choice([1, 3, 100, 400])):
        part = ["+", part, 0]
    return part


HEADS = (
    "+",
    "*",
    "max",
    "min",
    "floor",
    "ceiling",
    "mod",
    "delta",
    "inverse",
    "iverson",
    "=",
    ">=",
    "<",
    "and",
    "entry",
)
NAMES = ("M", "N", "I", "S", "x", "w", "z", "i0", "i1", "u", "σ", "τ", "k")


def is_number(path, part):
    return type(part) is int and "formal" in path and isinstance(path[-1], int)


def is_formula(path, part):
    return isinstance(part, list) and bool(part) and isinstance(part[0], str) and ("formal" in path or "side" in path)


def is_head(path, part):
    return isinstance(part, str) and path[-1] == 0 and ("formal" in path or "side" in path)


def is_name(path, part):
    return isinstance(part, str) and path[-1] == 1 and ("formal" in path or "side" in path)


CHANGES = {
    "a truth value for a number": somewhere(of_kind(int), lambda n, r: r.choice([True, False])),
    "a real number for a number": somewhere(of_kind(int), lambda n, r: float(n)),
    "a text for a number": somewhere(of_kind(int), lambda n, r: str(n)),
    "a number for a text": somewhere(of_kind(str), lambda t, r: r.choice([0, 1.5, None, []])),
    "a table for a list": somewhere(of_kind(list), lambda p, r: {str(k): part for k, part in enumerate(p)}),
    "a list for a table": somewhere(of_kind(dict), lambda p, r: list(p.values())),
    "nothing for something": somewhere(lambda path, part: part is not None, lambda p, r: None),
    "something for nothing": somewhere(lambda path, part: part is None, lambda p, r: r.choice(["", 0, [], {}, "1"])),
    "a key dropped": dropped,
    "a key added": added,
    "another number": somewhere(is_number, lambda n, r: n + r.choice([-2, -1, 1, 2])),
    "a number beyond all": somewhere(is_number, lambda n, r: r.choice([10**9, -(10**19), 10**400, 10**3000])),
    "another head": somewhere(is_head, lambda h, r: r.choice(HEADS)),
    "another name": somewhere(is_name, lambda n, r: r.choice(NAMES)),
    "an argument less": somewhere(is_formula, lambda p, r: p[:-1]),
    "an argument more": somewhere(is_formula, lambda p, r: [*p, p[-1]]),
    "arguments exchanged": somewhere(is_formula, lambda p, r: [p[0], *r.sample(p[1:], len(p) - 1)]),
    "a formula deeper": somewhere(is_formula, deeper),
    "a formula raised": somewhere(
        is_formula, lambda p, r: ["^", ["^", p, r.choice([2, 64])], r.choice([1, 2, 64, 10**9])]
    ),
    "a derivative of any order": somewhere(is_formula, lambda p, r: ["apply", "σ", r.choice([1, 12, 10**9]), p]),
    "sides exchanged": of_claim(swapped_sides),
    "one side for both": of_claim(other_side),
    "a requirement dropped": of_claim(without_requirement),
    "all requirements dropped": of_claim(without_requirements),
    "more assumed": of_claim(more_assumed),
    "a tensor renamed": of_claim(renamed),
    "another shape": of_claim(other_shape),
    "steps in another order": of_steps(reordered),
    "a step less": of_steps(without_step),
    "a step twice": of_steps(doubled_step),
    "a step of another claim": of_steps(strange_step),
    "a statement of another claim": of_claim(strange_formal),
    "another verdict": told("verdict", "proved", "refuted", "holds", "undecided", "tested", "failed", "sure"),
    "another expectation": told("expected", "proved", "refuted", "holds", "tested"),
    "other evidence": told("evidence", "all shapes", "all shapes, every S", "refuted", "fixed shape", ""),
    "other assumptions": told("assumptions", "", None, "I ≤ M", "N < M", "M ≥ S"),
    "another condition": told("holds_when", None, "never", "always", "M = 1"),
    "a wrong step told": told("wrong_step", None, "twice"),
    "all told of another claim": of_claim(told_all),
    "another counterexample": of_claim(of_counterexample),
    "no formulas": told("formal", None),
    "values told": told("literally", [], [1], [1, 2], [0], [True], [10**6]),
    "a claim twice": twice,
    "no claims": lambda found, random: {**found, "claims": []},
    "another version": lambda found, random: {
        **found,
        "schema_version": random.choice([0, 1, 3, "2", 2.0, True, None]),
    },
}
# Changes of the text of a document.
TEXTS = {
    "a key twice": lambda text, random: text.replace('"expected":', '"expected": "proved", "expected":', 1),
    "a key of a statement twice": lambda text, random: text.replace('"formula":', '"formula": 1, "formula":', 1),
    "no number": lambda text, random: text.replace(
        '"seconds": ', f'"seconds": {random.choice(["NaN", "Infinity"])}, "s":', 1
    ),
    "half of it": lambda text, random: text[: random.randrange(len(text))],
    "a byte order mark": lambda text, random: f"\ufeff{text}",
    "brackets": lambda text, random: "[" * random.choice([10, 10**5]),
}


# What becomes of a document


def replay(text):
    """The exit status of `replay` for a text, the rows, and the message of a refusal."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "document.json")
        path.write_text(text, encoding="utf-8")
        try:
            rows = [replayed(one) for one in read_document(path)]
        except ExportError as error:
            return 2, [], str(error).replace(str(path), "document.json")
    return replay_status(rows), rows, ""


def attacked(seed):
    """A changed document by the number of a change: what was changed, and the text."""
    random = Random(seed)
    while True:
        name = random.choice(sorted(originals()))
        text, kind = originals()[name], random.choice([*CHANGES, *TEXTS])
        changed = TEXTS[kind](text, random) if kind in TEXTS else CHANGES[kind](json.loads(text), random)
        made_of = changed if kind in TEXTS or changed is None else json.dumps(changed)
        if made_of not in (None, text):
            return f"{name}: {kind}", made_of


def objection(seed):
    """What is wrong with what becomes of a changed document, or None; with its status, and what was changed."""
    what, text = attacked(seed)
    status, rows, message = replay(text)
    if message:
        placed = "$" in message or "is not JSON" in message or "has schema_version" in message
        return (None if placed else f"no place is said: {message}"), status, what
    if any("internal" in one.detail or "Error:" in one.detail for one in rows):
        return f"an error inside: {[one.detail for one in rows]}", status, what
    if status:
        return None, status, what
    claims = json.loads(text.removeprefix("\ufeff"))["claims"]
    for claim, row in zip(claims, rows, strict=True):
        recorded = [claim.get(field) for field in ("verdict", "evidence", "assumptions")]
        if recorded != [row.outcome, row.evidence, row.domain]:
            return f"{recorded} is told, {row} found", status, what
        if (wrong := untrue(claim) or unsaid(claim, row)) is not None:
            return wrong, status, what
    return None, status, what


def unsaid(claim, row):
    """What stands in the formulas of a claim and is not among what was shown of it; None if nothing is."""
    formal, by_name = claim["formal"], {text.split(" ")[0].split("[")[0]: text for text in row.tensors}
    written = f"{row.statement} {row.shapes} {' '.join(row.tensors)} {row.domain}"
    for size, least in sizes_in(formal).items():
        said = re.search(rf"\b{size}\b[^≥]* ≥ {least}", row.sizes)
        if said is None:
            return f"{size} ≥ {least} is not said: {row.sizes}"
    for name, declared in formal["tensors"].items():
        if (declared.get("definition") is not None) != (" = " in by_name.get(name, "")):
            return f"the definition of {name} is not said: {row.tensors}"
    for function in {part[1] for _, part in places(formal) if isinstance(part, list) and part[:1] == ["apply"]}:
        if function not in written:
            return f"{function} is not said"
    if formal["assumptions"] and not row.assumptions:
        return "an assumption is not said"
    return None


# A second reading


class Undefined(Exception):
    """Something has no value at some sizes."""


class Reading:
    """Formulas of a JSON value at some sizes, with random entries; nothing is simplified."""

    def __init__(self, formal, known, random):
        self.tensors, self.known, self.random, self.entries = formal["tensors"], known, random, {}
        self.polynomials = {}

    def shape(self, exported):
        lengths = [self.value(n, {}) for n in exported]
        if any(n < 1 for n in lengths):
            raise Undefined
        return lengths

    def entry(self, name, index):
        declared = self.tensors[name]
        lengths = self.shape(declared["shape"])
        if any(not 0 <= i < n for i, n in zip(index, lengths, strict=True)):
            return 0
        key = (name, *index)
        if key not in self.entries:
            defined = declared.get("definition")
            scope = {f"i{k}": i for k, i in enumerate(index)}
            self.entries[key] = self.random.randint(-9, 9) if defined is None else self.value(defined, scope)
        return self.entries[key]

    def function(self, name, order, at):
        numbers = self.polynomials.setdefault(name, [self.random.randint(1, 7) for _ in range(4)])
        return sum(c * math.perm(k, order) * at ** (k - order) for k, c in enumerate(numbers) if k >= order)

    def derivative(self, body, by, scope):
        """The derivative of what is at most quadratic in an entry."""
        key = (by[1], *(self.value(i, scope) for i in by[2:]))
        here = self.entry(key[0], key[1:])
        sides = []
        for self.entries[key] in (here - 1, here + 1):
            sides.append(self.value(body, scope))
        self.entries[key] = here
        return Fraction(sides[1] - sides[0]) / 2

    def value(self, e, scope):
        if isinstance(e, int):
            return e
        head, *parts = e
        if head in ("index", "size", "width"):
            return scope[parts[0]] if head == "index" else self.known[parts[0]]
        if head == "scalar":
            return self.entry(parts[0], ())
        if head == "entry":
            return self.entry(parts[0], [self.value(i, scope) for i in parts[1:]])
        if head == "apply":
            inner = parts[2]
            where = [self.value(i, scope) for i in inner[2:]]
            inside = all(0 <= i < n for i, n in zip(where, self.shape(self.tensors[inner[1]]["shape"]), strict=True))
            return self.function(parts[0], parts[1], self.entry(inner[1], where)) if inside else 0
        if head == "sum":
            (called, low, high), *others = parts[0]
            body = ["sum", others, parts[1]] if others else parts[1]
            bounds = range(self.value(low, scope), self.value(high, scope) + 1)
            return sum(self.value(body, {**scope, called: n}) for n in bounds)
        if head == "derivative":
            return self.derivative(*parts, scope)
        values = [self.value(part, scope) for part in parts]
        if head in ("mod", "inverse") and values[-1] < 1:
            raise Undefined
        return OPERATIONS[head](*values)


OPERATIONS = {
    "/": Fraction,
    "+": lambda *parts: sum(parts),
    "*": lambda *parts: math.prod(parts),
    "^": lambda a, n: a**n,
    "delta": lambda a, b: int(a == b),
    "iverson": int,
    "floor": math.floor,
    "ceiling": math.ceil,
    "mod": lambda a, b: a - b * math.floor(a / Fraction(b)),
    "max": max,
    "min": min,
    "inverse": lambda a: Fraction(1) / a,
    "where": lambda holds, a, b: a if holds else b,
    "and": lambda *parts: all(parts),
    "or": lambda *parts: any(parts),
    "not": lambda holds: not holds,
    "=": lambda a, b: a == b,
    "!=": lambda a, b: a != b,
    ">=": lambda a, b: a >= b,
    ">": lambda a, b: a > b,
    "<=": lambda a, b: a <= b,
    "<": lambda a, b: a < b,
}


def sizes_in(part):
    """The sizes in a JSON value, with their least values."""
    found = {}
    for _, inner in places(part):
        if isinstance(inner, list) and len(inner) == 2 and inner[0] in ("size", "width"):
            found[inner[1]] = 1 if inner[0] == "size" else 0
    return found


def tensors_in(part, tensors):
    """The declared tensors whose entries stand in a JSON value."""
    named_there = (inner[1] for _, inner in places(part) if isinstance(inner, list) and inner[:1] == ["entry"])
    return sorted({name for name in named_there if name in tensors})


def differs(formal, known, random):
    """Whether the sides differ at some sizes; None where the claim is not about these."""
    reading = Reading(formal, known, random)
    left, right = formal["left"], formal["right"]
    by_hand = [side["requirements"] is None for side in (left, right)]
    of_domain = right if by_hand[0] and not by_hand[1] else left
    conditions = [*formal["assumptions"], *left.get("divisors", []), *(of_domain["requirements"] or [])]
    try:
        for name in tensors_in(of_domain["formula"], formal["tensors"]):
            reading.shape(formal["tensors"][name]["shape"])
        if not all(reading.value(holds, {}) for holds in conditions):
            return None
        lengths = [[reading.value(n, {}) for n in side["shape"]] for side in (left, right)]
        if not by_hand[0] and any(n < 1 for n in lengths[0]):
            return None
        entries = [reading.value(left["formula"], scope_of(i)) for i in indices(lengths[0])]
    except Undefined:
        return None
    try:
        if not all(reading.value(holds, {}) for holds in (right["requirements"] or []) + right.get("divisors", [])):
            return True
        return lengths[0] != lengths[1] or entries != [
            reading.value(right["formula"], scope_of(i)) for i in indices(lengths[0])
        ]
    except Undefined:
        return True


def scope_of(index):
    return {f"i{k}": i for k, i in enumerate(index)}


def indices(lengths):
    return itertools.product(*map(range, lengths))


def untrue(claim):
    """Why what is recorded of a claim is not true of its formulas, computed at small sizes; None if it may be true."""
    formal, random = claim["formal"], Random(1)
    lowest = sizes_in(formal)
    points = [dict(zip(lowest, point, strict=True)) for point in itertools.product(*([0, 1, 2, 3, 4],) * len(lowest))]
    points = [p for p in points if all(p[name] >= low for name, low in lowest.items())]
    random.shuffle(points)
    found = [(p, differs(formal, p, random)) for p in points[:150]]
    if claim["verdict"] == "refuted":
        at_sizes = claim["counterexample"]["sizes"]
        tries = [differs(formal, at_sizes, Random(k)) for k in range(9)]
        return None if any(tries) else f"it is refuted at {at_sizes}, and does not differ there"
    wrong = [p for p, differ in found if differ]
    if claim["literally"]:
        return None
    if claim["steps"] and not wrong:
        sides = [line["side"] for line in claim["steps"]]
        for one, other in itertools.pairwise([formal["left"], *sides, formal["right"]]):
            domain = {**formal["left"], "formula": one["formula"]}
            step = {**formal, "left": domain, "right": {**domain, "formula": other["formula"]}}
            wrong += [p for p in points[:60] if differs(step, p, random)]
    return f"it is said to be {claim['verdict']}, and differs at {wrong[0]}" if wrong else None


if __name__ == "__main__":
    counts, first = Counter(), int(sys.argv[2]) if len(sys.argv) > 2 else 0
    for seed in range(first, first + int(sys.argv[1])):
        wrong, status, what = objection(seed)
        counts[status] += 1
        if wrong is not None or status == 0:
            print(seed, what, status, wrong or "", flush=True)
    print(dict(counts))
