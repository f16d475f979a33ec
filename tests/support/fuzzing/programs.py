"""Random programs of the language of claims, mostly valid ones.

Every choice is made by `pick(options)`: Hypothesis in the tests, so that a failure shrinks, and a seeded
`random.Random` in the fuzzer, which is faster.
"""

import re

SIZES = ("B", "C", "K", "M", "N", "I", "J", "S", "D")
LENGTHS, OVERLAY, LETTERS, BOUND = ("M", "N", "O"), ("I", "J", "H"), "ijkl", "uvst"
PADDINGS = ("0", "0", "1", "2", "P", "Q", "'valid'", "'full'", "'same'", "'same_lower'", "'causal'", "(P, Q)")
MODES = ("'valid'", "'full'", "'same'")
CONDITIONS = ("M >= I", "M >= 2", "I <= 3", "M == N", "M % S == 0", "And(M > I, N >= J)", "S >= 2", "I % 2 == 1")
CONDITIONS += ("Or(M == I, Not(N > J))", "S <= 3", "M % (2*S) % S == 0", "M // S >= N", "maximum(M, N) >= I")

# How many axes a term of x and y, with two axes, and v, with one, has.
TERMS = (
    (2, "x + y"),
    (2, "x*y"),
    (2, "tensordot(x, y, axes=((1,), (1,)))"),
    (4, "outer(x, y)"),
    (1, "sum_axes(x, axes=(1,))"),
    (2, "sum_axes(x, axes=(0,), keepdims=True)"),
    (0, "dot(x, y)"),
    (2, "summed(K, lambda k: x)"),
    (3, "stacked(K, lambda k: x*y)"),
    (1, "take(x, at=(0,))"),
    (3, "stack(x, y, axis=1)"),
    (1, "merge_axes(x, axis=0)"),
    (3, "split_axis(pad(x, widths=[x.shape[0], 0]), axis=0, into=(3, x.shape[0]))"),
    (2, "flip(x, axes=(1,))"),
    (2, "pad(x, widths=[(P, Q), 1])"),
    (2, "dilate(x, factors=(S, 1))"),
    (2, "subsample(x, factors=(S, 2))"),
    (2, "crop(x, start=(1, P), shape=(M, N))"),
    (0, "quadratic_cost(x, y)"),
    (2, "literal(values=[[1, 2], [3, 1/2]])"),
    (0, "count(x)"),
    (1, "summed(x.shape[1], lambda j: v)"),
    (2, "stacked(v.shape[0], lambda i: stacked(K, lambda k: take(x, at=(i, k))))"),
)


class Writer:
    """Writes one program: its lines so far, and a source of choices."""

    def __init__(self, pick):
        self.pick = pick
        self.lines = ["P, Q = widths('P Q')"]

    def chance(self, percent):
        return self.pick(range(100)) < percent

    def put(self, name, value):
        self.lines.append(f"{name} = {value}")
        return name

    def text(self):
        """The program, some of its sizes being numbers."""
        written = "\n".join(self.lines)
        for name in SIZES if self.chance(35) else ():
            if self.chance(45) and not re.search(rf"sizes\(.*\b{name}\b", written):
                written = re.sub(rf"(?<![\w'])\b{name}\b(?!')", str(self.pick((1, 1, 2, 2, 3, 4))), written)
        return written + "\n"

    # Parts

    def size(self):
        m, n, s = self.pick(SIZES), self.pick(SIZES), self.pick((*SIZES, "2", "3"))
        return self.pick(
            (m, m, m, "1", "2", "3", f"{m} + {n}", f"{m} - {n} + 1", f"{s}*{m}", f"{m} // {s} + 1", f"Max({m}, {n})",
             f"where({m} > {n}, {m}, {s})", f"{m} % {s} + 1", f"min({m}, {s}*{n})")
        )  # fmt: skip

    def number(self):
        return self.pick(("2", "-1", "1/2", "3", "1/M", "M", "(M - N)", "1/(I*J)", "0", "M*N", "Rational(2, 3)",
                          "M/(S*N)", "(M % S)", "(M // S)", "1/(M - N + 1)"))  # fmt: skip

    def options(self, *keys):
        """Options of a convolution or pooling, some of them left out."""
        of = {
            "stride": ("1", "2", "3", "S", "S", "S", "I"),
            "padding": PADDINGS,
            "dilation": ("1", "2", "D", "D"),
            "output_padding": ("0", "1", "P"),
            "ceil_mode": ("True", "False"),
        }
        return "".join(f", {key}={self.pick(of[key])}" for key in keys if self.chance(55))

    def condition(self, *indices):
        free = self.pick(indices or ("M",))
        more = (f"{free} < {self.pick(SIZES)}", f"{free} % 2 == 0", f"{free} >= 1", f"Ne({free}, {self.pick(SIZES)})")
        return self.pick(more if indices else CONDITIONS)

    def assumptions(self):
        if not self.chance(30):
            return ""
        return f", assuming=[{', '.join(self.condition() for _ in range(self.pick((1, 1, 2))))}]"

    def index(self, scope):
        u, v, s = self.pick(scope), self.pick(scope), self.pick(("S", "2", "D", "M"))
        return self.pick(
            (u, u, u, f"{u} + {v}", f"{u} - {v}", f"M - 1 - {u}", f"{s}*{u}", f"{u} // {s}", f"{u} % {s}", f"{u} + 1")
        )

    def formula(self, scope, names, depth=2):
        """An entry formula over tensors with one axis."""
        entry = f"{self.pick(names)}[{self.index(scope)}]"
        if depth == 0 or self.chance(35):
            return entry
        deeper = self.formula(scope, names, depth - 1)
        free = [letter for letter in BOUND if letter not in scope]
        choice = self.pick(range(7))
        if choice == 0 and free:
            return f"sum({self.formula([*scope, free[0]], names, depth - 1)}, over={{{free[0]}: {self.pick(SIZES)}}})"
        if choice == 1 and free:
            return f"sum({self.pick(names)}[{free[0]}]*{deeper}, over={free[0]})"
        if choice == 2:
            return f"Iverson({self.condition(*scope)})*{deeper}"
        if choice == 3:
            return f"({deeper} - {entry})"
        return self.pick((f"({deeper} + {entry})", f"{self.number()}*{deeper}", f"{entry}*{deeper}", f"{entry}**2"))

    def changed(self, x, rank):
        """The same tensor, another one made of it, or one that turns out to be the same."""
        axes, axis = ", ".join(map(str, reversed(range(rank)))), self.pick(range(rank)) if rank else 0
        zeros, edge = ", ".join("0" * rank), ", ".join(self.pick(("0", "1", "P")) for _ in range(rank))
        same = [x, x, f"(2*{x} - {x})", f"{x}*1", f"({x} + zeros(*{x}.shape))", f"broadcast({x}, shape={x}.shape)"]
        other = [f"{x}*{self.number()}", f"-{x}", f"{x} / {self.pick(SIZES)}"]
        if rank:
            same += [f"rot180(rot180({x}))", f"shift({x}, offsets=({zeros},))", f"ones(*{x}.shape)*{x}"]
            same += [f"crop(pad({x}, widths=[{edge}]), start=({edge},), shape={x}.shape)"]
            same += [f"stacked({x}.shape[0], lambda k9: take({x}, at=(k9,)))"]
            same += [f"transpose(transpose({x}, axes=({axes},)), axes=({axes},))"]
            other += [f"flip({x}, axes=({axis},))", f"rot180({x})", f"transpose({x})", f"{x}*{x}"]
            other += [f"shift({x}, offsets=({edge},))", f"subsample(dilate({x}, factors=({edge},)), factors=({edge},))"]
        return self.pick(same if self.chance(60) else other)

    def claim(self, left, right, rank=None):
        """A claim of two sides; a change of the right one, with its rank known."""
        if rank is not None and self.chance(50):
            right = self.changed(right if right.isidentifier() else self.put("y9", right), rank)
        if self.chance(25) and "[" not in left:
            left, right = right, left
        how = self.pick(range(12))
        if re.match(r"\w+\[|sum\(|.*(//|%|(M|m)(ax|in)\(|where\(|ceiling\()", left) or "size(" in left or "[" in right:
            how = 3  # entries and single sizes are read by claim(…) alone
        if how == 0:
            self.lines.append(f"prove('it', {left}, equals={right}{self.assumptions()})")
        elif how == 1:
            self.lines.append(f"refute('it', {left}, equals={right}{self.assumptions()})")
        elif how == 2:
            self.put("result", f"claim({left} == {right}, title='it'{self.assumptions()})")
        else:
            self.lines.append(f"claim({left} == {right}{self.assumptions()})")

    # Programs

    def convolution(self):
        rank, grouped = self.pick((1, 1, 1, 2, 2, 3)), self.chance(15)
        lengths, overlay = ", ".join(LENGTHS[:rank]), ", ".join(OVERLAY[:rank])
        group = "G, " if grouped else ""
        self.put("x", f"tensor(B, {group}C, {lengths})")
        self.put("w", f"tensor({group}K, C, {overlay})")
        bias = self.chance(25)
        if bias:
            self.put("b", f"tensor({group}K)")
        options = self.options("stride", "padding", "dilation") + (", group_axis=True" if grouped else "")
        back = (
            options
            if self.chance(80)
            else self.options("stride", "dilation") + (", group_axis=True" if grouped else "")
        )
        self.put("z", f"conv(x, w{', b' if bias else ''}{options})")
        self.put("g", "cotangent(z)")
        left_over = self.pick(("0", "(M - I) % S", "(M + 2*P - D*(I - 1) - 1) % S", "1"))
        spatial = ", ".join(map(str, range(2 + grouped, 2 + grouped + rank)))
        front = "0, 2, 1" if grouped else "1, 0"
        turned = f"transpose(w, axes=({front}, {spatial}))"
        grouping = ", group_axis=True" if grouped else ""
        choice = self.pick(range(7))
        if choice == 0:
            self.claim("gradient(z, wrt=x, cotangent=g)", f"conv_transpose(g, w{back}, output_padding={left_over})", 0)
        elif choice == 1:
            self.claim("gradient(z, wrt=w)", f"gradient(conv(x, w{back}), wrt=w, cotangent=g)")
        elif choice == 2:
            self.claim("gradient(z, wrt=b)" if bias else "z", f"sum_axes(g, axes=(0, {spatial}))" if bias else "z", 1)
        elif choice == 3:
            self.claim(
                f"dot(conv(x, w{options}), g)", f"dot(x, conv_transpose(g, w{back}, output_padding={left_over}))"
            )
        elif choice == 4:
            geometry = options.removesuffix(", group_axis=True")
            counted = ", ".join(f"conv_size({m}, {i}{geometry})" for m, i in zip(LENGTHS[:rank], OVERLAY, strict=False))
            self.claim("shape(z)", f"(B, {group}K, {counted},)")
        elif choice == 5 and rank == 1 and not grouped:
            at = f"{self.pick(('S', '1', '2'))}*r + {self.pick(('D', '1'))}*u - {self.pick(('P', '0', '1'))}"
            self.claim("z[n, k, r]", f"sum(x[n, c, {at}]*w[k, c, u], over=(c, u)){' + b[k]' if bias else ''}")
        else:
            spread = f"conv(g, flip({turned}, axes=({spatial},)), padding='full'{grouping})"
            self.claim("gradient(z, wrt=x, cotangent=g)", spread, 0)

    def correlation(self):
        rank = self.pick((1, 1, 2, 2, 3))
        lengths, overlay = ", ".join(LENGTHS[:rank]), ", ".join(OVERLAY[:rank])
        self.put("x", f"tensor({lengths})")
        self.put("w", f"tensor({overlay})")
        word, mode = self.pick(("correlate", "convolve")), self.pick(MODES)
        self.put("z", f"{word}(x, w, mode={mode})")
        self.put("g", "cotangent(z)")
        index, bound = ", ".join(LETTERS[:rank]), ", ".join(BOUND[:rank])
        moved = ", ".join(f"{i} + {u}" for i, u in zip(LETTERS[:rank], BOUND, strict=False))
        pairs = [
            ("z", f"convolve(x, rot180(w), mode={mode})"),
            ("z", f"correlate(x, rot180(w), mode={mode})"),
            ("gradient(z, wrt=x)", f"{self.pick(('convolve', 'correlate'))}(g, w, mode={self.pick(MODES)})"),
            ("gradient(z, wrt=w, cotangent=g)", f"correlate(x, g, mode={self.pick(MODES)})"),
            (f"z[{index}]", f"sum(x[{moved}]*w[{bound}], over=({bound},))"),
            ("shape(z)", f"({', '.join(f'{m} - {i} + 1' for m, i in zip(LENGTHS[:rank], OVERLAY, strict=False))},)"),
            (
                "correlate(x, w)",
                f"tensordot(windows(x, shape=({overlay},)), w, axes=((1,), (0,)))" if rank == 1 else "x",
            ),
        ]
        left, right = self.pick(pairs)
        self.claim(left, right, rank if not left.startswith(("z[", "shape")) else None)

    def pooling(self):
        rank = self.pick((1, 1, 1, 2))
        lengths, window = ", ".join(LENGTHS[:rank]), f"({', '.join(OVERLAY[:rank])},)"
        options, ceil = self.options("stride", "padding"), self.options("ceil_mode")
        kind = self.pick(("MaxPool", "AveragePool", "sum_pool", "select_pool", "upsample"))
        if kind == "MaxPool":
            self.put("p", f"MaxPool((B, C, {lengths}), {window}{options}{ceil})")
            self.claim("p.gradient(p.x)", f"gradient(select_pool(p.x, p.selection{options}), wrt=p.x, "
                       "cotangent=p.a_gradient)", None)  # fmt: skip
        elif kind == "AveragePool":
            counted = self.options() if self.chance(50) else ", count_padding=False"
            self.put("p", f"AveragePool((B, C, {lengths}), {window}{options}{ceil}{counted})")
            shared = f"gradient(sum_pool(p.x, window={window}{options}{ceil}), wrt=p.x, cotangent=p.a_gradient*p.share)"
            self.claim("p.gradient(p.x)", shared)
        elif kind == "sum_pool":
            self.put("x", f"tensor(B, C, {lengths})")
            self.put("z", f"sum_pool(x, window={window}{options}{ceil})")
            summed = (
                f"sum_axes(unfold(x, overlay={window}{options}), axes=({', '.join(str(2 + a) for a in range(rank))},))"
            )
            self.claim("z", self.pick((summed, f"sum_pool(x, window={window}{options})", "z")))
        elif kind == "select_pool":
            self.put("x", f"tensor(B, C, {lengths})")
            self.put("y", f"unfold(x, overlay={window}{options})")
            self.put("h", "tensor(*y.shape)")
            self.claim("gradient(y, wrt=x, cotangent=h)", f"fold(h, shape=({lengths},){options})")
        else:
            self.put("x", f"tensor(B, C, {lengths})")
            f = self.pick(("S", "2", "3"))
            self.put("z", f"upsample_nearest(x, factors={f})")
            self.put("g", "cotangent(z)")
            pooled = f"sum_pool(g, window={f})" if rank == 1 else f"sum_pool(g, window=({f}, {f}))"
            self.claim("gradient(z, wrt=x, cotangent=g)", pooled)

    def layer(self):
        shapes = {
            "FeatureMap": ("(M, N), (I, J)", "convolve(f.w, f.delta, mode='full')", "correlate(f.a_prev, f.delta)"),
            "ConvolutionalLayer": (
                "(D, M, N), (I, J), K",
                "stacked(D, lambda d: summed(K, lambda k: convolve(take(f.w, at=(k, d)), take(f.delta, at=(k,)))))",
                "stacked(K, lambda k: stacked(D, lambda d: correlate("
                "take(f.a_prev, at=(d,)), take(f.delta, at=(k,)))))",
            ),
            "FullyConnectedLayer": (
                "(M,), K",
                "tensordot(f.delta, f.w, axes=((0,), (0,)))",
                "outer(f.delta, f.a_prev)",
            ),
            "MaxPoolingMap": ("(M,), (I,)", "f.a_prev", "f.a_prev"),
        }
        kind = self.pick(tuple(shapes))
        given, to_input, to_weight = shapes[kind]
        self.put("f", f"{kind}({given})")
        choice = self.pick(range(4)) if kind != "MaxPoolingMap" else 0
        if choice == 0:
            self.claim("f.gradient(f.a_prev)", to_input, 1)
        elif choice == 1:
            self.claim("f.gradient(f.w)", to_weight, 1)
        elif choice == 2:
            self.claim("f.gradient(f.b)", self.pick(("wrap(wrap(sum_axes(f.delta, axes=(0, 1))))", "f.delta", "f.b")))
        elif kind == "FeatureMap":
            self.put("h", "FeatureMap(f.a, (K, D), name='2')")
            self.claim("h.gradient(f.w)", "correlate(f.a_prev, gradient(h.a, wrt=f.z, cotangent=h.a_gradient))")
        else:
            self.claim("shape(f.a)", self.pick(("(K,)", "(K, M - I + 1, N - J + 1)")))

    def algebra(self):
        self.put("x", f"tensor({self.size()}, {self.size()})")
        self.put("y", "tensor(*x.shape)")
        self.put("v", "tensor(x.shape[0])")
        if self.chance(30):
            self.put("s", "function('s')")
            self.put("z", self.pick(("s(x)", "s(x)*y", "s(x, order=1) - y")))
            self.claim("gradient(z, wrt=x)", self.pick(("cotangent(z)*s(x, order=1)", "cotangent(z)", "z")), 2)
            return
        if self.chance(12):
            self.put("z", f"tensor({self.size()})")
            self.put("t", "tensor(*z.shape)")
            self.lines.append("cost, p = cross_entropy_of_softmax(z, t)")
            self.claim(
                "gradient(cost, wrt=z, cotangent=ones())", self.pick(("sum_axes(t, axes=(0,))*p - t", "p - t")), 1
            )
            return
        rank, term = self.pick(TERMS)
        self.put("z", term)
        if self.chance(30):
            self.claim(
                f"gradient(z, wrt={self.pick(('x', 'x', 'y'))})", self.pick(("cotangent(z)", "y*cotangent(z)")), 2
            )
        else:
            self.claim("z", self.pick(("z", "z", term, "x", "y", "v")), rank)

    def entries(self):
        self.put("x", "tensor(M)")
        self.put("w", f"tensor({self.pick(('I', 'M', 'N', '3'))})")
        names = ("x", "x", "w")
        left = self.formula(["i"], names)
        if self.chance(40):
            self.put("z", f"from_entries(({self.size()},), lambda i: {left}, using=[x, w])")
            right = self.pick((left, f"({left})*2 - {left}", self.formula(["i"], names)))
            self.claim(*(("z[i]", right) if self.chance(70) else ("z", self.pick(("x", "w", "z")))), None)
        elif self.chance(50):
            self.claim("x[i]", self.pick(("x[i]", "2*x[i] - x[i]", left)))
        else:
            total = self.formula(["u"], names, 1)
            again = self.pick((total, self.formula(["u"], names, 1)))
            self.claim(f"sum({total}, over={{u: M}})", f"sum({again}, over={{u: {self.pick(('M', 'M', 'N'))}}})")

    def shapes(self):
        a, b = self.size(), self.size()
        options = self.options("stride", "padding", "dilation")
        sizes = (
            f"conv_size(M, I{options})",
            f"conv_size(conv_size(M, I{options}), J{self.options('stride', 'padding')})",
            f"pool_size(M, I, stride={self.pick(('S', '2'))}{self.options('padding', 'ceil_mode')})",
            f"({a} + {b}) % {self.pick(('S', '2'))}",
            f"ceiling({a}/{self.pick(('S', '2'))})",
            f"Min({a}, {b})",
            f"{self.pick(('2', '3', 'S'))}*({a} % {self.pick(('S', '4'))}) % {self.pick(('S', '4', 'S*N'))}",
            f"where({self.condition()}, {a}, {b})",
            f"({a})*({b}) // ({b})",
            f"max({a} // {self.pick(('S', '2'))}, {b}) + Iverson({self.condition()})",
            a,
        )
        self.claim(self.pick(sizes), self.pick((*sizes, "M", "(M - I)//S + 1")))

    def steps(self):
        self.put("x", "tensor(M)")
        self.put("w", "tensor(I)")
        body = self.formula(["i"], ("x", "w"))
        step = self.pick((f"Step(lambda i: {body}, 'so')", "Step(lambda i: correlate(x, w)[i], 'so')", "Step(x, 'so')"))
        self.lines.append(f"prove('it', correlate(x, w), equals=convolve(x, rot180(w), mode='valid'), steps=[{step}])")


PROGRAMS = (*(Writer.convolution,) * 4, *(Writer.correlation,) * 3, *(Writer.pooling,) * 3, Writer.layer, Writer.layer)
PROGRAMS += (*(Writer.algebra,) * 4, *(Writer.entries,) * 4, *(Writer.shapes,) * 2, Writer.steps)


def program(pick):
    """A program of the language, mostly a valid one."""
    writer = Writer(pick)
    pick(PROGRAMS)(writer)
    return writer.text()
