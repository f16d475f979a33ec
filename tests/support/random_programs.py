"""Random programs over NumPy, as texts: functions f(x, w, v, P, S) of arrays, an option from 0 on and one from 1 on.

Most indices and slices lie inside of their arrays; some do not, or are cut, or lie there at some sizes only.
"""

from dataclasses import dataclass, field
from random import Random

HEAD = """import numpy as np


def helper(a, n, step=1):
    for q in range(0, n, step):
        a[q] += q + 1
    return a


def total(a, *rest, scale=2):
    return scale * np.sum(a) + len(rest)


def f(x, w, v, P, S):
    N, M = x.shape
    K, L = w.shape
"""


@dataclass
class Writer:
    """A program that is being written: its lines, and the arrays and whole numbers that have names."""

    random: Random
    lines: list = field(default_factory=list)
    arrays: dict = field(default_factory=lambda: {"x": ["N", "M"], "w": ["K", "L"], "v": ["N"]})
    bounds: dict = field(default_factory=dict)
    depth: int = 1
    count: int = 0
    # In most loops some arrays are read only, and the others written only.
    written: tuple = ()

    def line(self, text):
        self.lines.append("    " * self.depth + text)

    def name(self, letter):
        self.count += 1
        return f"{letter}{self.count}"

    def pick(self, *choices):
        return self.random.choice(choices)

    def chance(self, share):
        return self.random.random() < share

    # Numbers

    def whole(self):
        """A whole number, made from sizes, options and indices."""
        some = ["0", "1", "2", "N", "M", "K", "P", "S", *self.bounds]
        a = self.random.choice(some)
        kind = self.random.random()
        if kind < 0.5:
            return a
        b = self.random.choice(some)
        return self.pick(
            f"{a} + {b}", f"{a} - 1", f"({a} - {b})", f"{a} // 2", f"({a} - {b}) // S", f"{a} % 2", f"2 * {a}",
            f"min({a}, {b})", f"max({a}, {b})", f"-{a}", f"int({a} / 2)", f"(-{a}) // 2", f"({a} if P > 0 else {b})",
        )  # fmt: skip

    def index(self, length):
        """An index of an axis, mostly inside of it."""
        fitting = [i for i, n in self.bounds.items() if n == length]
        if fitting and self.chance(0.75):
            i = self.random.choice(fitting)
            return self.pick(i, i, i, f"-1 - {i}", f"{length} - 1 - {i}", f"{i} - 1", f"{i} // 2")
        if self.chance(0.2):
            return self.whole()
        return self.pick("0", "-1", f"{length} - 1", f"{length} // 2", "0")

    def slice(self, length):
        """A slice of an axis, some of them cut or empty."""
        return self.pick(
            ":", ":", "::-1", "1:", ":-1", "::2", "1::2", "::S", "P:", ":P", "-P:", ":-P", f"P:{length} - P",
            "P:-P", f"{length} - 1::-1", f"{length}::-1", f":{length} + 2", f"{self.whole()}:", f":{self.whole()}",
            f"{self.whole()}:{self.whole()}", "-2:", ":-2:-1", "-1:0:-1", "::-2", f"1:{length}:S",
        )  # fmt: skip

    def key(self, lengths, scalar=False):
        """An index of an array: one entry, or a part."""
        parts = []
        for length in lengths:
            parts.append(self.index(length) if scalar or self.chance(0.4) else self.slice(length))
        if not scalar:
            if self.chance(0.15):
                parts.insert(self.random.randrange(len(parts) + 1), "None")
            if self.chance(0.15) and len(parts) > 1:
                parts[-1] = "..."
        return ", ".join(parts)

    def array(self, rank=None):
        some = [name for name, n in self.arrays.items() if name not in self.written and rank in (None, len(n))]
        return self.random.choice(some) if some else "x" if rank == 2 else "v"

    def number(self):
        """A number: an entry, an index, a product of such."""
        kind = self.random.random()
        a = self.array()
        if kind < 0.55 and self.arrays[a]:
            first = f"{a}[{self.key(self.arrays[a], True)}]"
            return first if self.chance(0.6) else f"{first} * {self.number()}"
        return self.pick(self.whole(), "1", "0.5", f"{self.whole()} + 1")

    # Statements

    def block(self, statements, inside):
        """Some statements, deeper by one."""
        self.depth += 1
        known, bounds = dict(self.arrays), dict(self.bounds)
        for _ in range(statements):
            self.statement(inside)
        self.arrays, self.bounds = {k: v for k, v in self.arrays.items() if k in known}, bounds
        self.depth -= 1

    def statement(self, inside=False):
        if inside:
            kinds = [(self.update, 6), (self.condition, 2), (self.loop, 1 if self.depth < 4 else 0), (self.view, 1),
                     (self.skip, 1), (self.counter, 1), (self.carried, 0.5), (self.call, 0.5)]  # fmt: skip
        else:
            kinds = [(self.loop, 5), (self.make, 3), (self.view, 3), (self.update, 2), (self.reshape, 1),
                     (self.alias, 1), (self.reduce, 1), (self.condition, 1), (self.scatter, 1), (self.accumulate, 1),
                     (self.mask, 0.5), (self.call, 0.5), (self.comprehension, 1), (self.padded, 1),
                     (self.shadow, 0.3)]  # fmt: skip
        chosen = self.random.choices([k for k, _ in kinds], [n for _, n in kinds])[0]
        chosen()

    def make(self):
        """A new array."""
        name, size = self.name("a"), lambda: self.pick("N", "M", "K", "N + P", "M + 2 * P", "N * S", "N // S + 1")
        lengths = [size() for _ in range(self.pick(1, 2, 2))]
        shape = ", ".join(lengths)
        self.line(f"{name} = np.{self.pick('zeros', 'zeros', 'ones', 'empty')}(({shape},))")
        self.arrays[name] = lengths

    def update(self):
        """An update of entries or a part of an array."""
        a = self.random.choice(self.written) if self.written else self.array()
        lengths = self.arrays[a]
        scalar = self.chance(0.6)
        key = self.key(lengths, scalar)
        sign = self.pick("+=", "+=", "+=", "=", "-=", "*=") if self.chance(0.9) else "="
        value = self.number()
        if not scalar and self.chance(0.5):
            b = self.array(len(lengths))
            value = f"{b}[{key}]" if self.arrays[b] == lengths else self.number()
        elif not scalar and self.chance(0.2) and not self.written:
            value = f"{a}[{self.key(lengths)}]"
        self.line(f"{a}[{key}] {sign} {value}")

    def loop(self):
        """A loop over ranges, nested by chance."""
        outermost = not self.bounds
        if outermost and self.chance(0.85):
            self.written = tuple(self.random.sample(list(self.arrays), self.pick(1, 1, 2)))
        i, length = self.name("i"), self.pick("N", "N", "M", "K", "L", "P", "S", "3")
        j, kind = "", self.random.random()
        if kind < 0.5:
            self.line(f"for {i} in range({length}):")
            self.bounds = {**self.bounds, i: length}
        elif kind < 0.7:
            start, step = self.pick("1", "P", "0"), self.pick("1", "2", "S")
            backwards = self.chance(0.3)
            self.line(f"for {i} in range({f'{length} - 1, -1, -1' if backwards else f'{start}, {length}, {step}'}):")
            self.bounds = {**self.bounds, i: length}
        elif kind < 0.85 and self.bounds:
            outer = self.random.choice(list(self.bounds))
            self.line(f"for {i} in range({outer}{self.pick('', ' + 1')}):")
            self.bounds = {**self.bounds, i: self.bounds[outer]}
        elif kind < 0.92:
            j = self.name("j")
            self.line(f"for {j}, {i} in enumerate(range({self.pick('0', '0', '1')}, {length})):")
            self.bounds = {**self.bounds, i: length, j: length}
        else:
            j = self.name("j")
            over = self.pick("np.ndindex(N, M)", "np.ndindex(x.shape)", "zip(range(N), range(1, N + 1))")
            self.line(f"for {i}, {j} in {over}:")
            self.bounds = {**self.bounds, i: "N", j: "M"}
        bounds = dict(self.bounds)
        self.block(self.pick(1, 1, 2, 3), True)
        self.bounds = {k: n for k, n in bounds.items() if k not in (i, j)}
        if outermost:
            self.written = ()

    def test(self):
        a, b = self.whole(), self.whole()
        plain = f"{a} {self.pick('<', '<=', '==', '!=', '>', '>=')} {b}"
        if self.chance(0.2):
            return f"{plain} {self.pick('and', 'or')} {self.whole()} >= {self.whole()}"
        return self.pick(plain, plain, f"0 <= {a} < {b}", f"not {plain}", f"{a} % 2")

    def condition(self):
        self.line(f"if {self.test()}:")
        self.block(1, True)
        if self.chance(0.3):
            self.line("else:")
            self.block(1, True)

    def skip(self):
        if not self.bounds:
            return self.update()
        self.line(f"if {self.test()}:")
        if self.chance(0.3):
            self.depth += 1
            self.update()
            self.line(f"if {self.test()}:")
            self.line("    continue")
            self.depth -= 1
        else:
            self.line("    continue")
        return self.update()

    def counter(self):
        """A number that every pass raises, as an index or a factor."""
        self.line("count += 1")
        if self.chance(0.7):
            self.line(f"v[{self.pick('0', '-1')}] += {self.pick('count', 'count // 2')}")

    def carried(self):
        """A value that may come from the pass before."""
        self.line(f"v[0] += {self.pick('last', 'last * 2')}" if self.chance(0.5) else f"last = {self.number()}")

    def view(self):
        a, b = self.array(), self.name("b")
        lengths = self.arrays[a]
        if self.chance(0.5):
            self.line(f"{b} = {a}.T")
            self.arrays[b] = lengths[::-1]
        else:
            parts = [self.slice(n) for n in lengths]
            self.line(f"{b} = {a}[{', '.join(parts)}]")
            self.arrays[b] = [f"{b}.shape[{k}]" for k in range(len(lengths))]

    def alias(self):
        a, b = self.array(), self.name("b")
        self.line(f"{b} = {self.pick(a, a, f'{a}[:]', f'{a}.copy()', f'np.asarray({a})', f'np.array({a})')}")
        self.arrays[b] = self.arrays[a]
        self.line(f"{b} {self.pick('+=', '*=')} {self.pick('1', '2')}")

    def reshape(self):
        a, b = self.array(2), self.name("b")
        n, m = self.arrays[a]
        how = self.pick("reshape(-1)", f"reshape({m}, {n})", "ravel()", "flatten()", f"reshape({n} * {m})",
                        f"reshape(1, {n}, -1)[0]", f"reshape({n}, {m})", f"T.reshape({n}, {m})")  # fmt: skip
        self.line(f"{b} = {a}.{how}")
        flat = how in ("reshape(-1)", "ravel()", "flatten()", f"reshape({n} * {m})")
        self.arrays[b] = [f"{b}.shape[0]"] if flat else [f"{b}.shape[0]", f"{b}.shape[1]"]

    def reduce(self):
        a, b, c = self.array(2), self.array(2), self.name("c")
        m = self.arrays[a][1]
        how, rank = self.pick(
            (f"{a}.sum(axis=0)", 1), (f"np.sum({a}, axis=1, keepdims=True)", 2), (f"np.mean({a}, axis=(0,))", 1),
            (f"np.einsum('ij,kj->ik', {a}, {a})", 2), (f"{a} @ {a}.T", 2), (f"np.dot({a}.T, {a})", 2),
            (f"np.tensordot({a}, {b}, axes=0).sum(axis=(1, 2))", 2), (f"np.einsum('ij,kl->jl', {a}, {b})", 2),
            (f"np.einsum('...j->...', {a})", 1), (f"{a} * 2 - {a}[:, ::-1]", 2), (f"{a} + {a}.sum(axis=0)", 2),
            (f"np.outer({a}[0], {b}[0])", 2), (f"np.roll({a}, P, axis=1)", 2), (f"np.flip({a}, 0)", 2),
            (f"np.repeat({a}, 2, axis=0)", 2), (f"np.tile({a}, (1, 2))", 2), (f"np.rot90({a})", 2),
            (f"np.concatenate([{a}, {a}[:, :{m} // 2]], axis=1)", 2), (f"np.stack([{a}[0], {a}[-1]])", 2),
        )  # fmt: skip
        self.line(f"{c} = {how}")
        self.arrays[c] = [f"{c}.shape[{k}]" for k in range(rank)]

    def padded(self):
        a, b = self.array(2), self.name("b")
        how = self.pick("P", "1", "((0, 0), (P, P))", "((P, 0), (1, 2))", "((P, P + 1), (0, 0))")
        more = self.pick("", "", ", mode='edge'", ", constant_values=3")
        self.line(f"{b} = np.pad({a}, {how}{more})")
        self.arrays[b] = [f"{b}.shape[0]", f"{b}.shape[1]"]

    def scatter(self):
        a, b = self.array(1), self.name("t")
        n = self.arrays[a][0]
        self.line(f"{b} = np.arange({n}){self.pick('', ' // 2', ' % 2', '[::-1]', ' - 1')}")
        how = self.pick(
            f"np.add.at({a}, {b}, 2)",
            f"{a}[{b}] += 1",
            f"{a}[{b}] = np.arange({n})",
            f"v[0] += {a}[{b}].sum()",
        )
        self.line(how)

    def accumulate(self):
        """A sum over a loop, by a name."""
        self.line("s = 0.0")
        i = self.name("i")
        self.line(f"for {i} in range(N):")
        self.bounds = {**self.bounds, i: "N"}
        self.depth += 1
        if self.chance(0.3):
            self.line(f"if {self.test()}:")
            self.line(f"    s += {self.number()}")
        else:
            self.line(self.pick(f"s += {self.number()}", f"s = s + {self.number()}", f"s -= {self.number()}"))
        self.depth -= 1
        self.bounds = {k: n for k, n in self.bounds.items() if k != i}
        self.line("v[0] += s")

    def mask(self):
        a, b = self.array(2), self.name("m")
        self.line(f"{b} = {self.pick('x', a)} > 0")
        self.line(self.pick(f"x[{b}] = 0", f"{a} = {a} * {b}", f"v[0] += {b}.sum()", f"{a}[{b}] += 1"))

    def call(self):
        a = self.array(1)
        n = self.arrays[a][0]
        self.line(self.pick(f"helper({a}, {n})", f"helper({a}, {n}, S)", f"helper({a}[1:], {n} - 1)",
                            f"v[0] += total({a}, 1, 2)", f"v[-1] += total({a}, scale=P)"))  # fmt: skip

    def comprehension(self):
        c = self.name("c")
        how, rank = self.pick(
            ("np.array([x[q] * 2 for q in range(N)])", 2),
            ("np.array([[x[q, r] for r in range(M)] for q in range(N)])", 2),
            ("np.stack([w[q, 0] * v for q in range(K)])", 2), ("sum([v[q] for q in range(3) if q < N]) + v", 1),
            ("sum(x[q] for q in range(N)) + x[0]", 1), ("np.array([v.sum(), v[0], v[-1]])", 1),
            ("np.array([x[:, q].sum() for q in range(M)])", 1),
        )  # fmt: skip
        self.line(f"{c} = {how}")
        self.arrays[c] = [f"{c}.shape[{k}]" for k in range(rank)]

    def shadow(self):
        self.line(self.pick("len = 3", "M = x.shape[1] - 1", "P = P + 1", "x = x * 2", "v = v[::-1]", "S = S or 1"))


def program(seed):
    """The text of a program."""
    writer = Writer(Random(seed))
    writer.line("count = 0")
    writer.line("last = 1")
    for _ in range(writer.pick(1, 2, 2, 3, 4)):
        writer.statement()
    results = [*list(writer.arrays)[-3:], writer.pick("x", "v", "w")]
    writer.line(f"return {', '.join(dict.fromkeys(results))}, count")
    return HEAD + "\n".join(writer.lines) + "\n"
