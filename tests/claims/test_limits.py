"""The limits of the language of claims: how large a text, its numbers, tensors and formulas may be."""

import re

import pytest

from cnn_symbolic.claims.reading import read_claims
from cnn_symbolic.claims.vocabulary import MOST_CHARACTERS
from cnn_symbolic.ground.errors import ClaimTextError, TooLargeError
from cnn_symbolic.kernel.search.verdicts import Refutation
from cnn_symbolic.kernel.trusted.verdicts import Theorem
from cnn_symbolic.proofs.settling import settle, settle_many
from tests.support.claim_language import X

LIMITS = {
    "length": (f"{X}claim(x == x)".ljust(MOST_CHARACTERS), " ", f"characters, at most {MOST_CHARACTERS} are read"),
    "depth": (f"claim({'-' * 30}M == M)", "claim(" + "-" * 60 + "M == M)", "nested more than 40 deep: give a part"),
    "parts": ("claim(M == M)", "\n".join(f"v{k} = M + N" for k in range(1000)), "the text has more than 4000 parts"),
    "numbers": ("claim(10000 == 10000)", "claim(10001 == M)", "numbers are at most 10000 here"),
    "products of numbers": ("claim(100 * 100 == 10000)", "claim(101 * 100 == M)", "numbers are at most 10000 here"),
    "denominators": (f"{X}claim(x / 10000 == x / 10000)", f"{X}y = x / 10001", "numbers are at most 10000 here"),
    "numbers in formulas": ("claim(M + 1 == 1 + M)", "claim(M * 200 * 200 == M)", "numbers are at most 10000 here"),
    "axes": (
        f"x = tensor({', '.join('M' * 12)})\nclaim(x == x)",
        f"x = tensor({', '.join('M' * 13)})",
        "a tensor has at most 12 axes here, found 13",
    ),
    "factors": (
        f"{X}claim({'*'.join('x' * 6)} == {'*'.join('x' * 6)})",
        f"{X}y = {'*'.join('x' * 7)}",
        "a tensor's entry is a product of at most 6 entries when it is multiplied out here, found 7",
    ),
    "terms": (
        f"{X}y = x + x + x + x\nz = y * y\nclaim(z == z)",
        f"{X}y = {' + '.join('x' * 11)}\nz = y * y * y",
        "a tensor's entry is a sum of at most 1000 products when it is multiplied out here, found 1331",
    ),
    "terms of sizes": (
        "claim((M + N) ** 4 == (N + M) ** 4)",
        "claim((M + N + K) ** 3 * (M + N + K) ** 3 == M)",
        "an expression has at most 300 terms when it is multiplied out here, found 729",
    ),
    "parts of an expression": (
        f"claim({' + '.join(f'N{k}' for k in range(30))} == M)",
        "\n".join(f"s{g} = {' + '.join(f'N{g}{k}' for k in range(30))}" for g in range(1, 8))
        + "\nt = s1*s1 + s2*s2 + s3 + s4 + s5 + s6 + s7 + s1*s2",
        "an expression has at most",
    ),
    "steps": (
        f"x = {' + '.join(f'M // {k}' for k in range(2, 8))}\nclaim(M == M)",
        f"x = {' + '.join(f'M // {k}' for k in range(2, 20))}",
        "quotients, remainders, minima and maxima",
    ),
    "functions of functions": (
        f"{X}f = function()\n"
        + "".join(f"a{k} = f({'x' if k == 0 else f'a{k - 1}'})\n" for k in range(4))
        + "claim(a3 == a3)",
        f"{X}f = function()\n" + "".join(f"a{k} = f({'x' if k == 0 else f'a{k - 1}'})\n" for k in range(5)),
        "functions are applied to functions at most 4 times",
    ),
    "items": (
        f"x = literal(values=[{', '.join('1' * 20)}])\nclaim(x == x)",
        f"x = [{', '.join(['1'] * 300)}]\ny = [x, x]",
        "a list has at most 500 items here",
    ),
    "names": (
        'x = tensor(M, name="' + "a" * 200 + '")\nclaim(x == x)',
        f'x = tensor(M, name="{"a" * 201}")',
        "at most 200",
    ),
}


@pytest.mark.parametrize(("within", "beyond", "message"), LIMITS.values(), ids=LIMITS)
def test_a_text_may_be_as_large_as_its_limits_and_no_larger(within, beyond, message):
    assert len(read_claims(within)) == 1
    with pytest.raises((ClaimTextError, TooLargeError), match=re.escape(message)):
        stated(beyond if beyond.strip() else within + beyond)


def stated(text):
    """The statements of a text's claims."""
    return [made.statement for made in read_claims(text).values()]


def test_a_claim_that_is_too_large_is_undecided_and_the_others_are_decided():
    text = (
        f"{X}claim(x == x)\nlarge = claim(x*x*x*x*x*x*x*x == x)\nclaim(10001 == M)\nrefute(10001 == M)\nclaim(x == 2*x)"
    )
    claims = read_claims(text, "a text")
    outcomes = {
        "line_2": "proved",
        "large": "undecided",
        "line_4": "undecided",
        "line_5": "undecided",
        "line_6": "refuted",
    }
    assert {name: settle(claim).outcome for name, claim in claims.items()} == outcomes
    assert {name: claim.outcome for name, claim in claims.items()} == outcomes
    assert [record.outcome for record in settle_many(claims.values())] == list(outcomes.values())
    assert settle(claims["large"]).verdict.detail == (
        "the computation was stopped at its limit: a text, line 3, column 15: "
        "a tensor's entry is a product of at most 6 entries when it is multiplied out here, found 7"
    )


def test_a_definition_that_is_too_large_belongs_to_the_whole_text():
    with pytest.raises(ClaimTextError, match="line 2, column 5: a tensor's entry is a product of at most 6"):
        read_claims(f"{X}y = x*x*x*x*x*x*x*x\nclaim(x == x)")


NUMBERS = ("x[10**9]", "x[10**10**10]", "x[9**9**9]", f"x[{'9' * 4000}]", "x[10**4 * 10**4]", "x[2**4**4**4**4**4]")


@pytest.mark.parametrize("absurd", NUMBERS, ids=range(len(NUMBERS)))
def test_absurd_numbers_are_refused_before_they_are_computed(absurd):
    with pytest.raises((ClaimTextError, TooLargeError), match=r"an integer from 0 to 4|numbers are at most 10000"):
        stated(f"{X}claim({absurd} == 0)")


@pytest.mark.parametrize("opening", ["(", "[", "-", "not ", "x[", "f(", "lambda: "])
def test_nothing_is_nested_so_deeply_that_the_reader_fails(opening):
    for count in (60, 5000):
        with pytest.raises(ClaimTextError):
            read_claims(f"x = {opening * count}1")


FOUR_AXES = """
x = tensor(B, C, M1, M2, M3, M4)
w = tensor(K, C, I1, I2, I3, I4)
z = conv(x, w, stride=S, padding=P, dilation=D)
g = cotangent(z)
claim(
    gradient(z, wrt=w)[k, c, a, b, d, e]
    == sum(
        x[n, c, S*q + D*a - P, S*r + D*b - P, S*s + D*d - P, {}] * g[n, k, q, r, s, t],
        over=(n, q, r, s, t),
    )
)
"""


@pytest.mark.parametrize(("last", "kind"), [("S*t + D*e - P", Theorem), ("S*t + S*e - P", Refutation)])
def test_ranges_of_sums_are_not_multiplied_out(last, kind):
    (made,) = read_claims(FOUR_AXES.format(last)).values()
    assert isinstance(made.verdict, kind)


SCATTERED = """
P, = widths("P")
x, w = tensor(B, C, M, N, name="x"), tensor(K, C, I, J, name="w")
z = conv(x, w, padding=P)
g = cotangent(z)
claim(
    gradient(z, wrt=x)[n, c, m, o]
    == sum(g[n, k, r, s]*w[k, c, u, v]*{}, over=(k, r, s, u, v))
)
"""


@pytest.mark.parametrize(
    ("met", "kind"),
    [
        ("Iverson(r + u - P == m and s + v - P == o)", Theorem),
        ("Iverson(r + u - P == m)*Iverson(s + v - P == o)", Theorem),
        ("where(r + u - P == m and s + v - P == o, 1, 0)", Theorem),
        ("Iverson(r + u + P == m and s + v - P == o)", Refutation),
        ("Iverson(r + u - P == m and s - v - P == o)", Refutation),
        ("Iverson(r + u - P == o and s + v - P == m)", Refutation),
    ],
)
def test_what_is_laid_on_an_image_is_decided(met, kind):
    (made,) = read_claims(SCATTERED.format(met)).values()
    assert isinstance(made.verdict, kind)
