"""The words that the fuzzer puts into its texts: what is out of place, of the wrong kind, or reaches for Python."""


def listed(table):
    """The entries of a table, separated by bars and by the ends of its lines."""
    return tuple(entry for line in table.strip("\n").split("\n") for entry in line.split(" ¦ "))


OUT_OF_PLACE = listed(r"""
( ¦ ) ¦ [ ¦ ] ¦ , ¦ == ¦ * ¦ ** ¦ @ ¦ := ¦ lambda ¦ lambda k: ¦ λ ¦ ﬁ ¦ 0 ¦ -1 ¦ 1e400 ¦ 1j ¦ 0x7fffffffffffffff
'' ¦ '\ud800' ¦ '\x1b[31m' ¦ ... ¦ None ¦ True ¦ x ¦ M ¦ # ¦ ; ¦ {} ¦ * ¦ if ¦ for ¦ not ¦ ᴹ ¦ M² ¦ ٣ ¦ x.shape
//0 ¦ %0 ¦ /0 ¦ **-1 ¦ **4 ¦ *10000 ¦ [0] ¦ [-1] ¦ () ¦ (M) ¦ 'x'
""")
UNUSUAL = (
    "\x00",
    "\t",
    "\r",
    "\x0c",
    "\u202e",
    "\ud800",
    "9" * 30,
    "9" * 5000,
    "\\\n",
    "\n",
    "\ufeff",
)

# Arguments of every kind, and the names of options. The names are those of `SETTING`.
VALUES = listed(r"""
x ¦ v ¦ c ¦ h.w ¦ h ¦ f ¦ made ¦ M ¦ P ¦ 0 ¦ 1 ¦ -1 ¦ 2 ¦ 3/2 ¦ 10000 ¦ True ¦ None ¦ '' ¦ 'x' ¦ 'M' ¦ 'same'
'a b' ¦ 'x[0]' ¦ '__class__' ¦ '1e5000000' ¦ '\ud800' ¦ [] ¦ () ¦ [M] ¦ (M, N) ¦ (1, 0) ¦ ((0,), (0,))
[[1, 2], [3]] ¦ [[1, 2], [3, 4]] ¦ {'stride': S} ¦ {} ¦ lambda: M ¦ lambda i: x[i] ¦ lambda i: x
lambda k: take(x, at=(k,)) ¦ lambda i, j: M ¦ lambda x9: 'a' ¦ M > N ¦ M == 1 ¦ x == v ¦ (M,) == (N,) ¦ shape(x)
x.shape ¦ x.rank ¦ x[0] ¦ x[M] ¦ M/N ¦ M % 2 ¦ sum(x[u], over=u) ¦ Iverson(M > N) ¦ tensor ¦ Max ¦ claim ¦ sizes
h.gradient ¦ sizes('A B') ¦ widths('P') ¦ Step(lambda i: x[i], 'so') ¦ [x] ¦ [x, v] ¦ (x,) ¦ 'exp' ¦ 1/2 ¦ x + x
floor(M/2) ¦ ('1 + 1',) ¦ {'1 + 1': M} ¦ ['M', 1]
""")
KEYS = listed(r"""
mode ¦ stride ¦ padding ¦ dilation ¦ output_padding ¦ group_axis ¦ axes ¦ axis ¦ widths ¦ offsets ¦ factors
start ¦ shape ¦ overlay ¦ window ¦ ceil_mode ¦ count_padding ¦ name ¦ indices ¦ title ¦ assuming ¦ equals
steps ¦ article ¦ wrt ¦ cotangent ¦ function ¦ order ¦ using ¦ over ¦ values ¦ at ¦ into ¦ factor ¦ index
length ¦ member ¦ keepdims ¦ input_shape ¦ overlay_shape ¦ maps ¦ activation ¦ formula ¦ because ¦ expected
literally ¦ evaluate ¦ self ¦ cls
""")
SETTING = {
    "x": "x = tensor(M)",
    "v": "v = tensor(I)",
    "c": "c = correlate(tensor(N, name='n'), tensor(I, name='i'))",
    "f": "f = function('f')",
    "h": "h = FeatureMap((M, N), (I, J))",
    "made": "made = claim((M,) == (N,))",
}

# Expressions and statements that Python has and the language has not, and where they may stand.
PAYLOADS = listed(r"""
__import__('os').getpid() ¦ open('/etc/hostname').read() ¦ ().__class__.__base__.__subclasses__()
exec('import socket') ¦ eval('1') ¦ print(1) ¦ (lambda: __import__('subprocess'))() ¦ x.__init__.__globals__
[c for c in ().__class__.__base__.__subclasses__()] ¦ compile('1', '', 'eval') ¦ breakpoint() ¦ input()
globals() ¦ getattr(x, 'formula') ¦ M.__class__ ¦ M.func ¦ M.subs(M, 1) ¦ x.evaluate({}) ¦ x.formula((0,))
x.source.options ¦ h.gradient.__func__ ¦ h.gradient.__globals__ ¦ made.main() ¦ made.verdict ¦ made.statement
f.name ¦ tensor.__wrapped__ ¦ sizes.__code__ ¦ Max.__mro__ ¦ '{0.__class__}'.format(x) ¦ '%s' % x
f'{x.__class__}' ¦ f'{M!r:{N}}' ¦ b'x' ¦ (y := 3) ¦ lambda y=open('/etc/passwd'): y ¦ (i for i in x) ¦ (yield)
(await x) ¦ (x for x in (1,)).gi_frame ¦ [*range(10**9)] ¦ {M for M in x} ¦ 9**9**9**9 ¦ 2**(2**(2**(2**2)))
'a'*10**9 ¦ [0]*10**9 ¦ (0,)*10**9 ¦ M if M > N else N ¦ x[::2] ¦ x[...] ¦ x[None] ¦ x[x] ¦ ~x ¦ M << 99 ¦ M @ N
x is x ¦ x in x ¦ *x ¦ **x ¦ __builtins__ ¦ __file__ ¦ __name__ ¦ Derivation ¦ read_claims ¦ parse_expr('1')
sympify('1') ¦ lambdify(M, M) ¦ Symbol('M') ¦ S('1') ¦ (lambda f0: f0(f0))(lambda g0: g0(g0))
(lambda *a: a)(1) ¦ (lambda **a: a)() ¦ (lambda: (lambda: M)())() ¦ load_file('/etc/passwd')
literal(values=open('/etc/passwd')) ¦ Path('/') ¦ check(lambda: 1) ¦ identity(M, M) ¦ of_torch(x)
preimage((M,), (1,)) ¦ decide(made) ¦ state(x, x)
""")
STATEMENTS = listed(r"""
import os ¦ from os import system ¦ import cnn_symbolic.command_line.cli as M ¦ from cnn_symbolic import *
from sympy import * ¦ from cnn_symbolic import __builtins__ ¦ from sympy import sympify
from cnn_symbolic.command_line.cli import main ¦ from . import x ¦ from cnn_symbolic import tensor as open
def f1(): return 1 ¦ class A1(tensor): pass ¦ for i in x: pass ¦ while True: pass
with open('/etc/passwd') as y: pass ¦ del x ¦ global x ¦ assert x ¦ raise x ¦ async def f1(): pass
x.shape = (1,) ¦ x[0] = 1 ¦ x += 1 ¦ y: int = 1 ¦ y = q = 1 ¦ (y, q) = (1, 2) ¦ [y, q] = [1, 2] ¦ y, *q = (1, 2)
tensor = 1 ¦ claim = 2 ¦ M = 3 ¦ lambda: x ¦ return x ¦ pass ¦ type X1 = int ¦ if True: claim(M == M)
if __name__ == '__main__': import os ¦ from __future__ import annotations ¦ nonlocal x ¦ print(1)
# coding: rot13 ¦ # -*- coding: utf-7 -*- ¦ exec('x') ¦ x ¦ () ¦ 'text' ¦ ... ¦ None ¦ 1
""")
LONG_STATEMENTS = (
    "@print\ndef f1(): pass",
    "try:\n    y = 1\nfinally:\n    pass",
    "match x:\n    case _: pass",
    "if __name__ == '__main__':\n    __import__('os').getpid()",
)
NAMES = listed(r"""
1e5000000 ¦ x ¦ M ¦ ] ¦ p0 ¦ i0
""")
SLOTS = listed(r"""
claim({p} == x) ¦ claim(x == {p}) ¦ claim({w}({p}) == M) ¦ claim({w}(x, {p}) == x) ¦ claim({w}({t}) == M)
claim({w}(M, {t}) == M) ¦ claim({w}(x, name={t}) == x) ¦ claim(x == apply(x, function={t}))
claim({w}(M, ({t},)) == M) ¦ claim({w}({{{t}: M}}, 1/2) == M) ¦ claim({w}([[{t}]], M, M) == M)
claim(x == x, title={t}) ¦ claim(x == c, assuming=[{p}]) ¦ claim(x[{p}] == x[i]) ¦ claim(x == x, assuming={t})
claim(x[i] == sum({p}, over=i)) ¦ claim(x == x, **{{{t}: 1}}) ¦ claim({w}(*{p}) == x) ¦ claim({w}(**{p}) == x)
claim({w}({t}, {t}) == M) ¦ claim(stacked(M, lambda k: {p}) == x)
claim(from_entries((M,), lambda i: {p}, using=[x]) == x)
prove({t}, x, equals=x, steps=[Step(lambda i: {p}, {t})]) ¦ prove({t}, x, equals=x, indices={t}, article={t})
claim({w}(*[{t}]) == M) ¦ claim({w}(({t},)) == M) ¦ claim(M == N, assuming=[{w}({t}, M > N)])
claim(x.{a} == M) ¦ claim(h.{a} == M) ¦ claim({w}.{a} == M) ¦ claim({w}(x, **{{{t}: 1}}) == x)
""")
LONG_SLOTS = (
    "y = {p}\nclaim(y == x)",
    "y = {w}({t})\nclaim(x == y)",
    "y = tensor(M, name={t})\nclaim(y == 2*y)",
    "y = tensor(M, name={t})\nclaim(y[i] == sum(y[u]*y[i + u], over=u))",
    "y = function({t})\nclaim(y(x) == x)",
    "y = sizes({t})\nclaim(M == N)",
    "y = scalar({t})\nclaim(y*x == x)",
    "y = named({t}, x)\nclaim(y == x)",
    "y = tensor(M, name='q', indices={t})\nclaim(y == x)",
    "{s}\nclaim(x == x)",
    "claim(x == x)\n{s}",
)
ATTRIBUTES = listed(r"""
__class__ ¦ __globals__ ¦ __dict__ ¦ __init__ ¦ __subclasses__ ¦ gi_frame ¦ f_back ¦ source ¦ formula ¦ evaluate
shape ¦ rank ¦ func ¦ args ¦ name ¦ gradient ¦ x ¦ __wrapped__ ¦ __code__ ¦ __reduce__
""")
