"""Random texts for the fuzzer: programs, damaged ones, very long ones, confused ones, and hostile ones.

Every choice is made by `pick(options)`, as in `programs`.
"""

import inspect
import random
import re

from hypothesis import strategies as st

from cnn_symbolic.claims.vocabulary import WORDS
from tests.support.fuzzing.programs import program
from tests.support.fuzzing.words import (
    ATTRIBUTES,
    KEYS,
    LONG_SLOTS,
    LONG_STATEMENTS,
    NAMES,
    OUT_OF_PLACE,
    PAYLOADS,
    SETTING,
    SLOTS,
    STATEMENTS,
    UNUSUAL,
    VALUES,
)

# Damaged texts

TOKEN = re.compile(r"\w+|[^\w\S]+|[^\w\s]")


def damaged(pick, text=None, other=None):
    """A text with some of its tokens dropped, doubled, exchanged, replaced or renamed, or spliced with another one."""
    text = text or program(pick)
    for _ in range(pick((1, 1, 1, 2, 2, 3, 5))):
        tokens = TOKEN.findall(text)
        if not tokens:
            return text
        places = range(len(tokens))
        a, b = pick(places), pick(places)
        how = pick(range(10))
        if how == 0:
            del tokens[a]
        elif how == 1:
            tokens[a], tokens[b] = tokens[b], tokens[a]
        elif how == 2:
            tokens.insert(b, tokens[a])
        elif how == 3:
            tokens[a] = pick((*OUT_OF_PLACE, *UNUSUAL))
        elif how == 4:
            tokens.insert(a, pick((*OUT_OF_PLACE, *UNUSUAL)))
        elif how == 5:
            again = TOKEN.findall(other or program(pick))
            tokens = tokens[:a] + again[pick(range(len(again))) :] if again else tokens
        elif how == 6:
            tokens = [tokens[b] if token == tokens[a] else token for token in tokens]
        elif how == 7:
            names = [n for n, token in enumerate(tokens) if token.isidentifier()] or [a]
            tokens[pick(names)] = pick((*WORD_LIST, "x", "w", "z", "g", "shape", "i", "u", "P"))
        elif how == 8:
            del tokens[min(a, b) : max(a, b)]
        else:
            deep = pick((2, 12, 45, 150, 3000))
            tokens[a] = pick(("(", "[", "-", "not ", "{'a':", "lambda: ")) * deep + tokens[a] + ")" * deep
        text = "".join(tokens)
    return text


def chain(first, step, last, count):
    """Lines that each use the one before: `step` with {a} and {b} for the numbers of both."""
    lines = [step.replace("{a}", str(a)).replace("{b}", str(a + 1)) for a in range(count)]
    return "\n".join([first, *lines, last.replace("{b}", str(count))]) + "\n"


CHAINS = (
    ("a0 = tensor(M)", "a{b} = a{a}*a{a}", "claim(a{b} == a0)"),
    ("a0 = tensor(M)", "a{b} = a{a} + a{a}", "claim(a{b} == a0)"),
    ("a0 = tensor(M)", "a{b} = correlate(a{a}, a{a}, mode='same')", "claim(a{b} == a0)"),
    ("a0 = tensor(M)\nw = tensor(I)", "a{b} = correlate(a{a}, w)", "claim(a{b} == a0)"),
    ("s = function('s')\na0 = tensor(M)", "a{b} = s(a{a})", "claim(gradient(a{b}, wrt=a0) == a0)"),
    ("s = function('exp')\na0 = tensor(M)", "a{b} = s(a{a})", "claim(a{b} == a0)"),
    (
        "a0 = tensor(B, C, M)\nw = tensor(C, C, I)",
        "a{b} = conv(a{a}, w, padding='same', stride=S)",
        "claim(a{b} == a0)",
    ),
    ("a0 = tensor(B, C, M)", "a{b} = sum_pool(a{a}, window=2, ceil_mode=True)", "claim(a{b} == a0)"),
    ("a0 = tensor(B, C, M)", "a{b} = upsample_nearest(a{a}, factors=S)", "claim(a{b} == a0)"),
    ("a0 = tensor(M)", "a{b} = stacked(a{a}.shape[0], lambda k: take(a{a}, at=(k,)))", "claim(a{b} == a0)"),
    ("a0 = tensor(M)", "a{b} = dilate(a{a}, factors=(S,))", "claim(a{b} == a0)"),
    ("a0 = tensor(M)", "a{b} = subsample(a{a}, factors=(2,))", "claim(a{b} == a0)"),
    ("a0 = tensor(M)", "a{b} = pad(a{a}, widths=[P])", "claim(a{b} == a0)"),
    ("a0 = tensor(M)", "a{b} = outer(a{a}, a0)", "claim(a{b} == a{b}*2)"),
    ("a0 = tensor(M)", "a{b} = a{a}*tensor(M, name='t{b}')", "claim(a{b} == a0)"),
    ("a0 = tensor(M)", "a{b} = a{a} + tensor(M, name='t{b}')", "claim(a{b} == a0*2)"),
    ("a0 = [lambda: M]", "a{b} = [lambda: a{a}[0]() - a{a}[0]() + M]", "claim(a{b}[0]() == M)"),
    ("a0 = [M, M]", "a{b} = [a{a}, a{a}]", "claim(M == N)"),
    ("a0 = [M, M]", "a{b} = [*a{a}, *a{a}]", "claim(M == N)"),
    ("a0 = {'a': M}", "a{b} = {'a': a{a}, 'b': a{a}}", "claim(M == N)"),
    ("a0 = [M]", "a{b} = [Max(a{a}[0], N % {b} + {b})]", "claim(a{b}[0] == M)"),
    ("a0 = [M]", "a{b} = [(a{a}[0] + 1)//2]", "claim(a{b}[0] == M)"),
    ("a0 = [M]", "a{b} = [a{a}[0] % S + N]", "claim(a{b}[0] == M)"),
    ("a0 = [M]", "a{b} = [conv_size(a{a}[0], 3, stride=2, padding='same')]", "claim(a{b}[0] == M)"),
    ("a0 = [M]", "a{b} = [a{a}[0]*2]", "claim(a{b}[0] == M)"),
    ("a0 = [Iverson(M > N)]", "a{b} = [Iverson(M > a{a}[0] + {b})]", "claim(a{b}[0] == M)"),
    ("a0 = And(M > 1, N > 1)", "a{b} = And(Or(a{a}, M > {b}), Or(N > {b}, K > {b}))", "claim(M == N, assuming=[a{b}])"),
    ("a0 = M > N", "a{b} = Or(a{a}, And(M > {b}, N > {b}*I))", "claim(M == N, assuming=[Not(a{b})])"),
    ("x = tensor(M)", "claim(x == x*{b})", "claim(x == x)"),
    ("# a comment", "# " + "long " * 40, "claim(M == M)"),
)


def long_text(pick):
    """A chain of lines that each double or nest what the line before made, or one very long or deep line."""
    if pick(range(3)):
        return chain(*pick(CHAINS), pick((1, 2, 3, 5, 8, 13, 21, 40, 200)))
    n = pick((3, 10, 30, 100, 1000, 6000))
    return pick(
        (
            "claim(M == " + " + ".join(["M"] * n) + ")\n",
            "claim(M == " + "(" * n + "M" + ")" * n + ")\n",
            "claim(M == " + "-" * n + "M)\n",
            "claim(M == M" + "//2" * n + ")\n",
            "claim(M == M" + "**2" * n + ")\n",
            "claim(M == 2" + "*3" * n + ")\n",
            "claim(M == " + "1/" * n + "2)\n",
            "claim(" + "M," * n + " == (M,))\n",
            "claim((" + "M," * n + ") == (" + "M," * n + "))\n",
            f"x = tensor({'M,' * min(n, 40)})\nclaim(x == x)\n",
            f"x = ones({'10000,' * min(n, 12)})\nclaim(x == x*2)\n",
            f"claim(M == {'9' * n})\n",
            f"claim(M == 10000*10000*{n})\n",
            f"x = tensor(M, name='{'x' * n}')\nclaim(x == x*2)\n",
            f"x = tensor(M)\nclaim(x[i] == {' + '.join(['x[i]*x[i+1]'] * n)})\n",
            f"x = tensor(M)\nclaim(x[i] == {' + '.join(f'x[i+{k}]' for k in range(n))})\n",
            f"x = tensor(M)\nclaim(x[i] == sum({'*'.join(f'x[u+{k}]' for k in range(min(n, 9)))}, over=u))\n",
            f"claim(M == N, assuming=[{', '.join(f'Ne(M, {k})' for k in range(n))}])\n",
            f"claim(M == {'Max(' * n}M{', N)' * n})\n",
            f"x = tensor(M)\nclaim({'rot180(' * n}x{')' * n} == x)\n",
            f"x = tensor(M)\nclaim({'wrap(' * n}x{')' * n} == {'wrap(' * n}x{')' * n})\n",
            "\n" * n + "claim(M == M + 1)\n",
            "'" + "a" * n + "'\nclaim(M == N)\n",
            "x = literal(values=[" + "1," * n + "])\nclaim(x == x*2)\n",
            "x = literal(values=" + "[" * n + "1" + "]" * n + ")\nclaim(x == x*2)\n",
        )
    )


# Words of the language with arguments of the wrong kind


def call(pick, depth=1):
    """A word with arguments of any kind."""

    def argument():
        return call(pick, depth - 1) if depth and pick(range(6)) == 0 else pick(VALUES)

    word = pick(WORD_LIST)
    parts = [argument() for _ in range(POSITIONAL[word] if pick(range(5)) else pick((0, 1, 2, 3)))]
    keys = {pick(OPTIONS[word]) for _ in range(pick((0, 0, 1, 1, 2, 3)))} | set(REQUIRED[word])
    keys |= {pick(KEYS)} if pick(range(12)) == 0 else set()
    parts += [f"{key}={argument()}" for key in sorted(keys)]
    if pick(range(20)) == 0:
        parts.append(pick(("*x.shape", "*(M, N)", "**{'stride': 2}", "**{'name': 'q'}", "*[x, v]", "**{'title': M}")))
    return f"{word}({', '.join(parts)})"


WORD_LIST = (*sorted(WORDS), *("claim", "prove", "refute", "Step", "tensor", "from_entries", "gradient", "conv") * 2)
PARAMETERS = {word: inspect.signature(WORDS[word]).parameters.values() for word in WORD_LIST}
REQUIRED = {
    w: [p.name for p in of if p.kind is p.KEYWORD_ONLY and p.default is p.empty] for w, of in PARAMETERS.items()
}
POSITIONAL = {w: sum(p.kind is not p.KEYWORD_ONLY and p.default is p.empty for p in of) for w, of in PARAMETERS.items()}
OPTIONS = {
    w: [p.name for p in of if p.kind is p.KEYWORD_ONLY or p.default is not p.empty] or KEYS
    for w, of in PARAMETERS.items()
}


def confused(pick):
    """Claims about what the words of the language make of arguments of the wrong kind."""
    made = call(pick)
    rest = pick(
        (
            f"claim({made} == x)",
            f"claim({made} == (M,))",
            f"claim(x == {made})",
            f"claim(x == c, assuming=[{made}])",
            f"y = {made}\nclaim(y == y)",
            f"y = {made}\nclaim(y == 2*y)",
            f"prove({pick(VALUES)}, x, equals={made}, {pick(KEYS)}={pick(VALUES)})",
            f"claim({pick(('x == x', 'x == c', 'M == N', '(M,) == (N,)'))}, {pick(KEYS)}={pick(VALUES)})",
            f"prove('it', x, equals=x, steps=[{made}, Step({pick(VALUES)}, {pick(VALUES)})])",
            f"prove('it', x, equals=x, steps=[Step({pick(VALUES)}, {pick(VALUES)})], {pick(KEYS)}={pick(VALUES)})",
            f"claim(x[{pick(VALUES)}] == {made})",
            f"claim({pick(VALUES)} == {pick(VALUES)})",
            f"y = tensor({pick(VALUES)}, {pick(VALUES)}, {pick(KEYS)}={pick(VALUES)})\nclaim(y == {made})",
        )
    )
    return setting(rest) + rest + "\n"


def setting(rest):
    """The lines that give the names that a text uses."""
    return "".join(f"{line}\n" for name, line in SETTING.items() if re.search(rf"\b{name}\b", rest))


# Hostile texts


def hostile(pick):
    """A text that tries to reach Python behind the language."""
    p = pick(PAYLOADS)
    filled = pick((*SLOTS, *LONG_SLOTS)).format(
        p=p, t=repr(pick((*PAYLOADS, *NAMES, "x\n", "\x1b[31m", "\ud800"))),
        w=pick(sorted(WORDS)), a=pick(ATTRIBUTES), s=pick((*STATEMENTS, *LONG_STATEMENTS)),
    )  # fmt: skip
    return setting(filled) + filled + "\n"


SOURCES = {"program": program, "damaged": damaged, "long": long_text, "confused": confused, "hostile": hostile}


def written_by(source):
    """The strategy of a source's texts."""

    @st.composite
    def texts(draw):
        return SOURCES[source](lambda options: draw(st.sampled_from(options)))

    return texts()


def picking(seed):
    """Choices of a seeded generator."""
    return random.Random(seed).choice
