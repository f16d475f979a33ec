"""What reading code gets wrong easily: small functions f(x, w, v, P, S), each of which is read right or refused.

A trap begins with its name and what is to become of it: `right`, or `refused` if that is all that is asked. What
stands before a line `>>>` belongs to the file, what follows to the function.
"""

LOOPS = """
# continue_in_a_nested_condition: right
a = np.zeros((N,))
for i in range(N):
    if i > 0:
        if i > 1:
            continue
    a[i] += v[i]
return a
# continue_on_sizes: right
a = np.zeros((N,))
for i in range(N):
    if N > 2:
        continue
    a[i] += v[i]
return a
# continue_behind_elif: right
for i in range(N):
    if i % 2 == 0:
        v[0] += i
    elif i == 3:
        continue
    v[-1] += 1
return v
# continue_on_sizes_inside_of_a_condition_on_indices: right
a = np.zeros((N,))
for i in range(N):
    for j in range(M):
        if j > i:
            if P:
                continue
            a[i] += 100
        a[i] += x[i, j]
return a
# value_from_the_pass_before: refused
t = 0
a = np.zeros((N,))
for i in range(N):
    a[i] += t
    t = v[i]
return a
# sum_with_changing_sign: refused
s = 0
for i in range(N):
    s = v[i] - s
return s
# name_of_one_branch: refused
t = 5
for i in range(N):
    if i % 2 == 0:
        t = 1
    v[i] += t
return v
# name_of_both_branches: right
for i in range(N):
    if i % 2 == 0:
        t = 1
    else:
        t = 2
    v[i] += t
return v
# update_after_a_read: refused
for i in range(N):
    v[0] += v[i] * 2
return v
# entry_of_the_pass_before: right
a = np.zeros((N,))
for i in range(N - 1):
    a[i] += 3
    a[i + 1] = v[i]
return a
# overwritten_and_added_to: right
a = np.zeros((N,))
for i in range(N - 1):
    a[i + 1] = v[i]
    a[i] += 3
return a
# assignment_that_hits_an_entry_in_every_pass: right
a = np.zeros((N,))
for i in range(N):
    a[0] = v[i]
return a
# assignment_that_hits_an_entry_twice: right
a = np.zeros((N,))
for i in range(N):
    a[i // 2] = v[i]
return a
# last_writer_of_a_nested_loop: right
a = np.zeros((N,))
for i in range(N):
    for j in range(M):
        a[i] = x[i, j]
return a
# two_writers_in_a_loop: refused
a = np.zeros((N,))
for i in range(N):
    a[i] = v[i]
    a[0] = 7
return a
# rows_added_and_columns_cleared: right
a = np.zeros((N, N))
for i in range(N):
    a[i] += v
    a[:, i] = 0
return a
# array_made_in_every_pass: right
for i in range(N):
    y = np.zeros(M)
    y[0] += i
    x[i] += y
    y[0] += 100
return x
# array_cleared_in_every_pass: refused
a = np.zeros((N, M))
t = np.zeros((M,))
for i in range(N):
    t[:] = 0
    for j in range(M):
        t[j] += x[i, j]
    a[i] = t
return a, t
# running_sum: refused
t = np.zeros((M,))
a = np.zeros((N, M))
for i in range(N):
    t += x[i]
    a[i] = t
return a, t
# counter_used_before_it_is_raised: right
c = 0
for i in range(N):
    for j in range(M):
        c += 2
        v[0] += c
    c += 1
return x * c, v
# counter_that_counts_down: right
c = N
for i in range(N):
    c -= 1
    v[c] += i
return v
# counter_on_a_condition: right
c = 0
for i in range(N):
    if i > 0:
        c += 1
return x * c
# counter_of_a_loop_of_no_passes: right
c = 0
for i in range(P - 2):
    c += 1
return x * c
# name_of_a_loop_used_after_it: refused
i = 7
for i in range(P):
    v[0] += 1
return v * i
# name_of_an_unrolled_loop_used_after_it: right
for i in range(3):
    v[0] += i
return v * i
# zip_of_different_lengths: refused
for i, j in zip(range(N), range(M)):
    v[i] += x[i, j]
return v
# zip_of_lists_of_different_lengths: right
return sum([a * b for a, b in zip([1, 2, 3], [4, 5])]) * x
# enumerate_from_two: right
for k, i in enumerate(range(1, N), 2):
    v[i] += k
return v
# range_backwards: right
for i in range(N - 1, -1, -2):
    v[i] += v.shape[0] * i
return v
# range_backwards_by_an_option: right
for i in range(N, 0, -S):
    v[i - 1] += i
return v
# range_that_may_be_empty: right
for i in range(5, N):
    v[i] += i
for i in range(P - 2):
    v[0] += i + 1
return v
# index_outside_of_an_array_in_a_loop_of_no_passes: right
for p in range(P):
    v[N + 3] += 1
return v
# sizes_that_do_not_fit_in_a_loop_of_no_passes: right
a = np.zeros((N,))
for p in range(P):
    a += np.ones((N + 1,))
return a
# break_and_else: refused
for i in range(N):
    if i == 2:
        break
    v[i] += 1
else:
    v += 3
return v
# while: refused
n = N
while n > 1:
    n -= 1
return x * n
# list_that_grows_in_its_own_loop: refused
l = [1, 2, 3]
for q in l:
    if q < 3:
        l[2] = 10
    v[0] += q
return v
# attribute_in_a_loop: refused
class A:
    n = 0
>>>
a = A()
for i in range(N):
    a.n = i
return x * a.n
# list_in_a_loop: refused
l = []
for i in range(N):
    l.append(i)
return x * len(l)
# table_in_a_loop: refused
d = {"a": 0}
for i in range(N):
    d["a"] = i
return x * d["a"]
# comprehension_over_a_triangle: refused
return np.array([i * j for i in range(N) for j in range(i)])
"""

MEMORY = """
# entry_is_a_number: right
t = v[0]
v[0] = 5
return t, v
# entry_that_is_added_to: right
t = v[0]
t += 1
return t, v
# entries_exchanged: right
v[0], v[-1] = v[-1], v[0]
return v
# names_exchanged: right
a, b = x, 2 * x
a, b = b, a
return a, b
# entry_of_an_array_that_is_updated_in_the_loop_over_it: refused
for t in v:
    v[0] = 3
return v
# sum_is_a_number: right
s = np.sum(x)
t = s
t += 1
return s, t
# product_of_vectors_is_a_number: right
s = v @ v
t = s
t += 1
return s, t
# alias_added_to_in_a_loop: right
a = np.zeros((N,))
b = a
for i in range(N):
    b += x[i, 0]
return a
# alias_of_a_name_that_is_a_new_array_in_every_pass: right
a = np.zeros((N,))
b = a
for i in range(N):
    b = b + x[i, 0]
return a, b
# row_added_to_in_a_loop: right
row = x[0]
for i in range(K):
    row += w[i, 0]
return x
# number_that_becomes_an_array: refused
a = 0
for i in range(N):
    a += x[i]
return a
# attribute_that_is_a_new_array: right
class A:
    pass
>>>
a = A()
a.g = np.zeros(3)
b = a.g
a.g = a.g + 1
return b, a.g
# member_that_is_a_new_array: right
d = {"g": np.zeros(3)}
b = d["g"]
d["g"] = d["g"] + 1
return b, d["g"]
# sum_with_two_names: right
v[0] = y = v[0] + 1
return v, y
# number_that_is_added_to_entries_of_one_name: right
a = np.zeros((N,))
for i in range(N):
    for j in range(M):
        a = a + x[i, j] * v
return a
# alias: right
a = b = v.copy()
a += 1
return b
# view_of_a_view: right
y = x.T[::-1]
y[0] += 1
y[-1:, 0] = 5
return x
# new_array_behind_an_old_name: right
b = x
x = x * 2
b += 1
return x, b
# update_of_an_argument: right
def g(a):
    a += 1
    return a.sum()
>>>
s = g(v[1:])
return v, s
# array_of_an_enclosing_function: right
s = v.copy()
def g():
    s[0] += 1
g(); g()
return s
# reshape_of_what_is_in_order: right
y = np.zeros((N, M))
z = y.ravel()
z += 1
u = y.flatten()
u += 1
return y
# reshape_of_what_is_in_no_order: refused
y = np.zeros((N, M)).T
z = y.ravel()
z += 1
return y
# reshape_of_a_reshape_read_after_an_update: refused
y = x[:, :].reshape(-1)
z = y.reshape(M, N)
x += 1
return z
# reshape_in_another_order: refused
return x.reshape(M, N, order='F')
# asarray_and_array: right
a = np.arange(N) * 1.0
b = np.asarray(a)
b += 1
c = np.array(a)
c += 1
return a
# asarray_of_a_type: refused
y = np.asarray(x, dtype=float)
y += 1
return x
# array_without_copy: refused
y = np.array(x, copy=False)
y += 1
return x
# astype_without_copy: refused
y = x.astype(float, copy=False)
y += 1
return x
# index_with_arrays_is_a_copy: right
y = x[:, [0, -1]]
y += 1
return x, y
# index_with_arrays_that_hits_an_entry_twice: right
x[[0, -1]] += 1
return x
# add_at_with_a_list: right
a = np.zeros((3, N))
np.add.at(a, [0, 1], 1)
return a
# overlapping_parts: right
v[1:] += v[:-1]
v[:-1] = v[1:]
v[::-1] += v
return v
# empty_that_is_not_filled: right
a = np.empty((N, M))
for i in range(1, N):
    a[i] = x[i]
return a
# empty_that_is_filled_in_two_loops: right
a = np.empty((N,))
for i in range(0, N, 2):
    a[i] = i
for i in range(1, N, 2):
    a[i] = i
return a
# list_in_two_lists: right
a = [0] * 2
b = [a] * 2
b[0].append(1)
return x * len(b[1])
# copy_of_a_table: right
d = dict(a=1)
e, g = d, d.copy()
e["a"] = 4
g["a"] = 5
return x * d["a"]
# list_that_grows_in_its_memory: refused
l = [1]
m = l
l += [2]
return x * len(m)
# members_of_a_comprehension_are_views: right
l = [x[i] for i in range(N)]
x[0] = 100
return np.array(l)
# members_of_a_comprehension_are_numbers: right
l = [v[i] for i in range(N)]
v[0] = 100
return np.array(l)
# generator_that_is_read_later: refused
g = (v[i] for i in range(N))
v[0] = 100
return sum(g) * x
# ellipsis_makes_a_view: right
y = v[0, ...]
y += 1
return v
# shape_that_is_assigned_to: refused
y = np.zeros((N, M))
y.shape = (M, N)
return y
# as_strided_in_the_memory_of_another_array: refused
y = np.lib.stride_tricks.as_strided(x, (N, M), w.strides)
return y
"""

NUMBERS = """
# or_of_a_number: right
p = P or 1
return x * p
# and_of_numbers: right
q = P and N
return x * q
# and_of_a_condition_and_a_number: refused
q = N > 2 and P
return x * q
# condition_of_and: right
if P and N > 2:
    return x
return 2 * x
# chained_comparisons: right
if 1 < N <= 3 < M:
    return x
return 2 * x
# is_true: refused
if (N > 2) is True:
    return x
return 2 * x
# quotients_below_zero: right
return x * int(-N / 2), x * (-N // 2), x * (-N % 3), x * ((N - 5) // S)
# division_by_what_is_below_zero: refused
return x * (N // -2)
# bits: refused
return x * (N & 1)
# shift: refused
return x * (1 << N)
# float_as_a_size: right
H = (N - 1 + 2 * P) / 1 + 1
return np.zeros((H, M))
# float_that_is_rounded: right
return np.zeros(int(N / 1)), np.ones(int(np.floor(N / 2)) + 1)
# numpy_floor_is_a_float: right
return np.zeros(np.floor(N / 2))
# array_of_integers_cuts: refused
a = np.array([0, 0])
a[0] = v[0] / 2
return a
# range_of_integers_cuts: refused
a = np.arange(N)
a[0] = 2.7
return a
# division_in_an_array_of_integers: refused
a = np.arange(N)
a /= 2
return a
# zeros_of_integers: refused
a = np.ones((N, M), dtype=int)
a += x
return a
# sums_of_truth_values: right
q = np.arange(N) > 1
return np.sum(q) * x, (q * v).sum(), q.sum() + v
# truth_values_added: refused
a = np.arange(N)
return ((a > 0) + (a < 5)) * v
# minus_of_truth_values: refused
return -(np.arange(N) > 1) * v
# branch_on_an_entry_that_returns: refused
if v[0] > 0:
    return x
return 2 * x
# branch_on_an_entry_that_is_kept: refused
l = []
if v[0] > 0:
    l.append(1)
return x * len(l)
# branch_on_an_entry_that_asserts: refused
if v[0] > 0:
    assert N > 2
return x
# mask: right
y = x.copy()
y[y > 0] = 0
y[x < 0] += 2
return y
# mask_that_is_given_an_array: refused
y = x.copy()
y[x > 0] = x
return y
# mask_of_rows: refused
y = x.copy()
y[v > 0] = 0
return y
# condition_from_a_function: right
y = x if N > M else 2 * x
return y
"""

SLICES = """
# slice_from_minus_p: right
return x[:, -P:], x[P:-P], x[P:N - P]
# slice_that_is_cut: right
return v[:N + 2], v[-9:], v[2:1], v[5:]
# slice_that_is_assigned_to: right
a = np.zeros((N,))
a[:P] = 1
a[-P:] = 2
return a
# slice_backwards: right
return v[::-1], v[::-S], v[N::-1], v[-2::-1], v[:1:-1]
# broadcast_of_one_at_some_sizes: right
a = np.zeros((N, 4))
for i in range(N):
    a[i, :] += v
return a
# lists_do_not_broadcast: right
return np.array([v, np.ones(1)])
# stack_does_not_broadcast: right
return np.stack([v, np.ones(1)])
# concatenate_does_not_broadcast: right
return np.concatenate([x, np.ones((2, 1))])
# random_numbers_in_a_loop: refused
for i in range(N):
    v[i] += np.random.randn() * (1 - 2 * (i % 2))
return v
# convolution_of_matrices: refused
return np.convolve(x, x)
# correlation_of_matrices: refused
return np.correlate(x, x)
# loop_over_a_product: right
r = np.zeros((N, M))
for t in range(N * M):
    r[t // M, t % M] = x[t // M, t % M] + t
return r
# loop_over_a_product_of_which_a_factor_changes: right
for t in range(N * M):
    M = 2
    v[0] += t // M
return v
# pad_of_no_cells: right
return np.pad(v[:-P], P, mode="edge")
# array_assigned_to_an_entry: refused
v[0] = v[None, 0]
return v
# constants_of_pad: refused
return np.pad(x, 1, constant_values=(1, 2))
# arrays_of_integers_that_stand_apart: right
z = np.ones((N, 2, M)) * x[:, None]
return z[0, :, np.arange(M)], z[:, np.arange(2), 0], z[0, np.arange(2)]
"""

NAMES = """
# list_of_the_file_that_is_assigned_to: refused
C = [1]
C[0] = 2
>>>
return x * C[0]
# list_of_the_file_that_grows: refused
C = [1]
C.append(2)
>>>
return x * len(C)
# alias_of_a_list_of_the_file_that_grows: refused
C = [1]
B = C
B.append(2)
>>>
return x * len(C)
# local_name_without_value: refused
n0 = 3
>>>
y = x * n0
n0 = 4
return y
# closures_are_bound_late: right
fs = []
for k in range(3):
    fs.append(lambda: k)
return x * fs[0]()
# closure_of_a_name_that_changes: right
k = 2
g = lambda q: q * k
h = lambda q, k=k: q * k
k = 5
return g(x), h(x)
# default_that_is_kept: refused
def g(q, acc=[]):
    acc.append(1)
    return len(acc)
>>>
return x * g(1), x * g(2)
# function_defined_twice: right
def g(): return 1
def g(): return 2
>>>
return x * g()
# function_defined_on_a_condition: refused
if True:
    def h(): return 2
>>>
return x * h()
# shadowed_modules: refused
np = 3
>>>
return np.sum(x)
# shadowed_range: right
def range(n):
    return [5]
>>>
for i in range(N):
    v += i
return v
# shadowed_sum: right
from math import floor as sum
>>>
return x * sum(2.5)
# patched_numpy: refused
np.sum = np.mean
>>>
return np.sum(x)
# patched_class: refused
class A:
    def go(self):
        return 1
def other(self):
    return 2
A.go = other
>>>
return x * A().go()
# import_of_everything: refused
from numpy import *
>>>
return sum(x, axis=0)
# global: refused
q = 1
def g():
    global q
    q = 2
>>>
g()
return x * q
# nonlocal: refused
q = 1
def g():
    nonlocal q
    q = 2
g()
return x * q
# try: refused
try:
    c = 1
except Exception:
    c = 2
>>>
return x * c
# with: refused
with np.errstate(all="ignore"):
    y = x * 2
return y
# del: refused
del v
return x
# yield: refused
def g():
    yield 1
    yield 2
>>>
return x * sum(g())
# generator_that_is_run_over_later: refused
def g(a):
    for q in range(a.shape[0]):
        yield q, a[q]
>>>
h = g(v)
v[0] = 100
for q, e in h:
    x[q, 0] += e
return x
# generator_that_a_loop_runs_over: right
def g(a):
    for q in range(a.shape[0]):
        yield q, a[q]
>>>
for q, e in g(v):
    x[q, 0] += e
return x
# recursion: right
def g(n):
    return 1 if n == 0 else n * g(n - 1)
>>>
return x * g(3)
# stars: right
def g(*a, **k):
    return len(a) + len(k)
>>>
return x * g(1, 2, z=3), x * g(*[1, 2], **{"b": 1})
# walrus: refused
if (n := N) > 2:
    return x * n
return x
# assert_with_a_side_effect: refused
assert (n := N) > 0
return x * n
# decorator: refused
def deco(f):
    return lambda q: f(q) * 2
@deco
def g(q):
    return q
>>>
return g(x)
# comprehension_has_names_of_its_own: right
a = 5
q = [a for a in range(3)]
return x * a * len(q)
# texts: right
mode = "a" + "b"
return x if mode == "ab" else 2 * x
# text_with_a_size: refused
s = f"{N}x"
return x if s == "2x" else 2 * x
# text_with_a_format: refused
s = f"{2:03d}"
return x if s == "002" else 2 * x
# order_of_a_table: right
d = {"b": 1, "a": 2}
d["c"] = 3
r = 0
for k, q in d.items():
    r = r * 10 + q
return x * r
"""

CLASSES = """
# attribute_that_is_none: right
class A:
    bias = None
>>>
a = A()
return x if a.bias is None else 2 * x
# attributes_shared_by_objects: refused
class B:
    W = [1]
    def __init__(self):
        self.n = 1
    def go(self):
        self.n += 1
        self.W.append(3)
        return self.n
>>>
a, b = B(), B()
r = a.go(), a.go(), b.go()
return x * r[0], x * r[1], x * r[2], x * len(b.W)
# array_shared_by_objects: refused
class A:
    g = np.zeros(3)
>>>
a, b = A(), A()
a.g += 1
return b.g
# two_names_of_an_object: right
class A:
    def __init__(self):
        self.g = np.zeros(3)
>>>
a = A()
b = a
b.g += 1
a.g[0] = 5
return b.g
# properties_and_inheritance: right
class A:
    n = 2
    def __init__(self, k):
        self.k = k
    @property
    def twice(self):
        return 2 * self.k
class B(A):
    n = 3
    def go(self, x):
        return x * self.twice * self.n
>>>
return B(4).go(x), A(1).twice * x
# diamond: refused
class A:
    def f(self): return 1
class B(A):
    pass
class C(A):
    def f(self): return 2
class D(B, C):
    pass
>>>
return x * D().f()
# attributes_that_are_computed: refused
class A:
    def __getattr__(self, n):
        return 5
>>>
return x * A().foo
# objects_that_are_something_else: refused
class A:
    def __new__(cls):
        return 7
>>>
return x * A()
# operators_of_a_class: refused
class A:
    def __add__(self, o):
        return 5
>>>
return x * (A() + 1)
# truth_of_a_class: refused
class A:
    def __bool__(self):
        return False
>>>
return x if A() else 2 * x
"""


def traps(*texts):
    """All traps: their names, what is to become of them, and the programs."""
    found = []
    for block in "".join(texts).split("\n# ")[1:]:
        head, _, body = block.partition("\n")
        name, _, fate = head.partition(": ")
        before, separated, inside = body.rpartition("\n>>>\n")
        lines = (inside if separated else body).strip("\n").split("\n")
        start = "import numpy as np\n" + before + "\n\ndef f(x, w, v, P, S):\n    N, M = x.shape\n    K, L = w.shape\n"
        found.append((name, fate, start + "".join(f"    {line}\n" for line in lines)))
    return found


TRAPS = traps(LOOPS, MEMORY, NUMBERS, SLICES, NAMES, CLASSES)
