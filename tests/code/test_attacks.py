"""Attacks on what is read of code: each is read as it runs, or refused; those refused were once read wrongly."""

import pytest

from tests.support.code_reading import compared, points

POINTS = points(7)

# An attack begins with its name and what is to become of it. What stands before a line `>>>` belongs to the file.
ATTACKS = """
# diag_targets: right
a = np.zeros((N, N + M))
for j in range(N):
    for i in range(M):
        a[j, i + j] = x[j, i]
return a
# diag_targets3: right
a = np.zeros((N, N + M, N + M + K))
for j in range(N):
    for i in range(M):
        for k in range(K):
            a[j, i + j, k + i + j] = x[j, i] * k
return a
# entries_truthy: refused
a = np.zeros((N,))
for i in range(N):
    if v[i]:
        a[i] += 1
return a
# entries_truthy2: refused
a = np.zeros((N,))
for i in range(N):
    if v[i] + 3:
        a[i] += 1
return a
# alias_rebound_and_aug: refused
a = np.zeros((N,))
b = a
for i in range(N):
    a += v[i]
    a = a + 1
return a, b
# inf_times_zero: refused
a = np.pad(x, P, constant_values=-np.inf)
return v + 0 * a.sum()
# gen_after: refused
def g(a, n):
    for i in range(n):
        yield i
        a[i] = 7.0
>>>
b = np.zeros((N,))
for i in g(v, N):
    b[i] += v[i]
return b, v
# zip_exhaust: refused
z = zip(range(N), range(N))
b = 0
for i, j in z:
    b += 1
for i, j in z:
    b += 1
return b
# enumerate_exhaust: refused
z = enumerate(v)
b = 0
for i, j in z:
    b += 1
for i, j in z:
    b += 1
return b
# reversed_exhaust: refused
z = reversed(range(N))
b = 0
for i in z:
    b += 1
for i in z:
    b += 1
return b * v
# product_exhaust: refused
import itertools
>>>
z = itertools.product(range(N), range(M))
b = 0
for i, j in z:
    b += 1
for i, j in z:
    b += 1
return b * v
# uint_dtype: refused
a = np.arange(N, dtype=np.uint8)
return a - 1
# int8_dtype: refused
a = np.zeros((N,), dtype=np.int8)
a[:] = 200
return a
# full_like_int: refused
a = np.full_like(np.arange(N), 0.5)
return a
# tuple_aug: right
a = (v, 2)
a[0] += 1
return v
# broadcast_write: refused
a = np.broadcast_to(v, (M, N))
v += 1
return a
# known_array_ahead: right
a = np.zeros((3,))
s = 0.0
for t in a:
    s = s + t
    a[2] = 5.0
return v * s
# known_enumerate_ahead: right
a = np.zeros((3,))
s = 0.0
for i, t in enumerate(a):
    s = s + t
    a[2] = 5.0
return v * s
# known_zip_ahead: right
a = np.zeros((3,))
s = 0.0
for i, t in zip(range(3), a):
    s = s + t
    a[2] = 5.0
return v * s
# zip_list_lazy: refused
a = [1, 2]
z = zip(a, [3, 4])
a[0] = 9
s = 0
for i, j in z:
    s += i * j
return v * s
# reversed_list_lazy: refused
a = [1, 2]
z = reversed(a)
a[0] = 9
s = 0
for j in z:
    s = 10 * s + j
return v * s
# zip_list_exhaust: refused
z = zip([1, 2], [3, 4])
s = 0
for i, j in z:
    s += i * j
for i, j in z:
    s += i * j
return v * s
# reversed_list_exhaust: refused
z = reversed([1, 2])
s = 0
for i in z:
    s += i
for i in z:
    s += i
return v * s
# dict_items_live: refused
d = {"a": 1}
i = d.items()
d["b"] = 2
return v * len(i)
# dict_keys_live: refused
d = {"a": 1}
i = d.keys()
d["b"] = 2
return v * len(i)
# dict_values_live: refused
d = {"a": 1}
i = d.values()
d["a"] = 2
s = 0
for t in i:
    s += t
return v * s
# aug_eval_order: refused
a = np.zeros((3,))
def g():
    a[0] = 4.0
    return 1.0
a[0] += g()
return a * v[0]
# subscript_sum_order: refused
a = np.zeros((3,))
def g():
    a[0] = 4.0
    return 1.0
a[0] = a[0] + g()
return a * v[0]
# where_truthy: refused
return np.where(v, 1.0, 2.0)
# star_import: refused
from numpy import *
>>>
return sum(x) + 0 * v[0]
# star_import_helper: right
def h(t):
    return t
from numpy import *
>>>
return h(v)
# array_default_inner: right
def h(d, acc=np.zeros((1,))):
    acc += d
    return acc.copy()
a = h(1.0)
b = h(2.0)
return a, b
# module_array_state: refused
C = np.zeros((1,))
>>>
C[0] += 1
return v * C[0]
# default_state: refused
def h(d, acc=np.zeros((1,))):
    acc += 1
    return d * acc
>>>
return h(v)
# class_attr_state: refused
class A:
    n = [0]
    def go(self):
        self.n[0] += 1
        return self.n[0]
>>>
return v * A().go() * A().go()
# class_attr_array: refused
class A:
    n = np.zeros((1,))
    def go(self):
        self.n += 1
        return self.n[0]
>>>
return v * A().go() * A().go()
# patch_by_function: refused
def patch(m):
    m.zeros = np.ones
patch(np)
>>>
return np.zeros((N,)) + v
# patch_dict: refused
np.__dict__["zeros"] = np.ones
>>>
return np.zeros((N,)) + v
# patch_vars: refused
vars(np)["zeros"] = np.ones
>>>
return np.zeros((N,)) + v
# patch_modules: refused
import sys
sys.modules["numpy"].zeros = np.ones
>>>
return np.zeros((N,)) + v
# patch_other_name: refused
import numpy as other
other.zeros = np.ones
>>>
return np.zeros((N,)) + v
# patch_renamed: refused
s = setattr
s(np, "zeros", np.ones)
>>>
return np.zeros((N,)) + v
# patch_loop: refused
for n in ("zeros",):
    setattr(np, n, np.ones)
>>>
return np.zeros((N,)) + v
# patch_globals: refused
def h(t):
    return t
globals()["h"] = lambda t: 2 * t
>>>
return h(v)
# patch_globals_update: refused
def h(t):
    return t
globals().update(h=lambda t: 2 * t)
>>>
return h(v)
# patch_exec: refused
def h(t):
    return t
exec("def h(t):\\n    return 2 * t")
>>>
return h(v)
# patch_sysmodule_self: refused
import sys
def h(t):
    return t
g = globals()
g["h"] = lambda t: 2 * t
>>>
return h(v)
# earlier_helper_saved: refused
def h(t):
    return t
g = h
def h(t):
    return 2 * t
>>>
return g(v)
# default_is_earlier: refused
def h(t):
    return t
def g(t, h=h):
    return h(t)
def h(t):
    return 2 * t
>>>
return g(v)
# base_is_earlier: refused
class A:
    def go(self, t):
        return t
class B(A):
    pass
class A:
    def go(self, t):
        return 2 * t
>>>
return B().go(v)
# module_init_mutates: refused
K0 = [1]
def init():
    K0[0] = 5
init()
>>>
return v * K0[0]
# module_init_global: refused
K0 = 1
def init():
    global K0
    K0 = 5
init()
>>>
return v * K0
# module_append_assign: refused
K0 = [1]
_ = K0.append(3)
>>>
return v * len(K0)
# module_pop_default: refused
K0 = [1, 2]
def g(t, a=K0.pop()):
    return t
>>>
return v * len(K0)
# class_body_changes: refused
K0 = [1]
class A:
    K0.append(2)
>>>
return v * len(K0)
# tuple_patch: refused
np.zeros, q = np.ones, 3
>>>
return np.zeros((N,)) + v
# for_patch: refused
for np.zeros in [np.ones]:
    pass
>>>
return np.zeros((N,)) + v
# del_patch: refused
def h(t):
    return t
h.__code__ = (lambda t: 2 * t).__code__
>>>
return h(v)
# right_helper: right
def h(t):
    return 2 * t
>>>
return h(v)
# right_data: right
K0 = [1, 2]
def h(t, a=K0):
    return 2 * t + a[1]
>>>
return h(v)
# right_array: right
W0 = np.ones((3, 3))
W1 = np.array(W0)
>>>
return v + W1[0, 0]
# right_second: right
def h(t):
    return 2 * t
def h(t):
    return 3 * t
>>>
return h(v)
# right_class: right
class A:
    def __init__(self, t):
        self.t = t
    def go(self):
        self.t = self.t + 1
        return self.t
def use(t):
    a = A(t)
    a.t = a.t * 2
    return a.go()
>>>
return use(v)
# zip_len: right
z = list(zip(range(3), range(3)))
s = 0
for i, j in z:
    s += j
for i, j in z:
    s += j
return v * s
# closure_late: right
k = 1
def g(t):
    return t * k
k = 2
return g(v)
# default_early: right
k = 1
def g(t, k=k):
    return t * k
k = 2
return g(v)
# gen_once: right
def g(n):
    for i in range(n):
        yield i, i * i
>>>
a = np.zeros((N,))
for i, j in g(N):
    a[i] += j
return a
# inner_function_state: right
k = 0
a = np.zeros((N,))
def g():
    return k
for i in range(N):
    a[i] += g()
    k += 2
return a
# alias_rebound_first: refused
a = np.zeros((N,))
b = a
for i in range(N):
    a = a + v[i]
    a += 1
return a, b
# groups_index2: right
z = x.T.reshape(-1)
out = np.zeros((N, M))
for k in range(N * M):
    out[k // M, k % M] += z[k]
return out
# groups_zeros2: right
z = np.zeros(N * M)
z += np.arange(N * M)
q = z.reshape(M, N) + x.T
return q + x.reshape(-1)[0]
# while_use_after_inc: right
a = np.zeros((N + 3,))
i = 0
while i < N:
    i += S
    if i < N:
        a[i] += 1
return a, i
# while_array_bound_changes: refused
a = np.array([N])
i = 0
b = 0
while i < a[0]:
    b += v[i]
    a[0] -= 1
    i += 1
return b
# while_alias_of_the_bound_changes: refused
n = np.array(N)
m = n
i = 0
b = 0
while i < n:
    b += v[i]
    m -= 1
    i += 1
return b
# while_bound_changes_in_a_closure: refused
n = N
def g():
    return n
i = 0
b = 0
while i < g():
    b += v[i]
    n -= 1
    i += 1
return b
# while_test_counts: right
a = np.zeros(1)
def g():
    a[0] += 1
    return N
i = 0
b = 0
while i < g():
    b += v[i]
    i += 1
return b * a[0]
# while_le: right
a = np.zeros((N,))
i = 0
while i <= N - S:
    a[i] += 1
    i += S
return a, i
# while_lt_after: right
a = 0
i = P
while i < N - 2:
    a += i
    i += 2
return a, i
# split_reassigned: right
out = np.zeros((N, M))
b = M
for k in range(N * M):
    out[k // b, k % b] += k
return out
# slice_assign_overlap: right
v[1:] = v[:-1]
return v
# swap_rows: right
x[0], x[-1] = x[-1], x[0]
return x
# swap_entries: right
v[0], v[-1] = v[-1], v[0]
return v
# binop_order: right
def g():
    v[0] = 4.0
    return 1.0
return (v[0] + g()) * np.ones(2)
# call_order: right
def g(t):
    t[0] = 9.0
    return 1.0
def h(p, q):
    return p + q
return h(v[0], g(v)) * np.ones(2)
# call_mutates_arg: right
def g(t):
    t[0] = 9.0
    return t
b = g(v) + v
return b
# gen_closure: refused
a = np.zeros((N,))
k = 0
def g():
    for i in range(N):
        yield i, k
for j, t in g():
    a[j] += t
    k += 1
return a
# genexpr_closure: refused
a = np.zeros((N,))
k = 0
for j, t in ((i, k) for i in range(N)):
    a[j] += t
    k += 1
return a
# iterate_modified3: refused
a = np.zeros((N,))
for i, t in enumerate(v):
    a[i] += t
    if i + 1 < N:
        v[i + 1] = 3.0
return a
# list_mult_alias: right
r = [[0]] * 3
r[0][0] = 4
return v * r[1][0]
# scalar_view: right
t = v[0]
v[0] = 5
return t * np.ones(2)
# self_row_loop: refused
for i in range(N):
    x[i] -= x[0]
return x
# ascontig_T: refused
a = np.ascontiguousarray(x.T)
a += 1
return x
# power_half2: right
return (v ** 2) ** 1.5
# power_half: right
return (v ** 2) ** 0.5
# sqrt_square: right
return np.sqrt(v * v)
# log_exp: right
return np.log(np.exp(v) * 2)
# exp_log: right
return np.exp(2 * np.log(v * v))
# private_method: right
class A:
    def __scaled(self, x):
        return 2 * x
    def times(self, x):
        return self.__scaled(x)
class B(A):
    def __scaled(self, x):
        return 3 * x
    def both(self, x):
        return self.times(x) + self.__scaled(x)
>>>
return B().both(v)
# private_attribute: right
class _A:
    def __init__(self):
        self.__k = 2
    def k(self):
        return self.__k
class __B(_A):
    def __init__(self):
        super().__init__()
        self.__k = 3
    def both(self):
        return 10 * self.k() + self.__k
>>>
return v * __B().both()
# private_global: right
__K = 2
_A__K = 3
class A:
    def times(self, __x):
        return __K * __x
>>>
return A().times(v) + __K
# private_argument_of_a_call: right
def scaled(x, _A__k=3, __k=2):
    return 10 * x * _A__k + x * __k
class A:
    def g(self, x):
        return scaled(x, __k=5)
>>>
return A().g(v)
# another_staticmethod: refused
def staticmethod(f):
    return lambda self, x: 2 * f(x)
class A:
    @staticmethod
    def times(x):
        return x
>>>
return A().times(v)
# a_property_of_the_class: refused
class A:
    property = staticmethod
    @property
    def k():
        return 2
>>>
return v * A().k()
# another_super: right
def super():
    return B()
class B:
    def g(self):
        return 5
class C:
    def g(self):
        return 3
class A(C):
    def g(self):
        return super().g()
>>>
return v * A().g()
# private_in_a_nested_class: refused
class A:
    class B:
        def f(self, x):
            return self.__g(x)
        def __g(self, x):
            return 2 * x
>>>
return A.B().f(v)
"""


def program(body):
    """The text of a file with a function f, whose body is given behind what else is in the file."""
    before, separated, inside = body.partition(">>>\n")
    before, inside = (before, inside) if separated else ("", body)
    lines = ["N, M = x.shape", "K, L = w.shape", *inside.splitlines()]
    return f"import numpy as np\n{before}def f(x, w, v, P, S):\n" + "".join(f"    {line}\n" for line in lines)


def attacks():
    for part in ATTACKS.split("\n# ")[1:]:
        head, _, body = part.partition("\n")
        name, fate = head.split(": ")
        yield pytest.param(fate, program(body), id=name)


@pytest.mark.parametrize(("fate", "text"), [*attacks()])
def test_an_attack_is_read_as_it_runs_or_refused(fate, text):
    outcome = compared(text, POINTS if fate == "right" else [])
    assert outcome.differences == []
    assert outcome.read == (fate == "right"), outcome.refusals
