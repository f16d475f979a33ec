"""Conditions as they are printed, `S divides M - I`, computed by Python, which shares nothing with what prints them."""

import re
from math import floor


def holds(condition, sizes):
    """Tell whether a condition is true at some sizes: as it is printed, `I is even`, or typed, `I % 2 == 0`."""
    if condition in ("", "always", "never"):
        return condition != "never"
    common, several, cases = condition.partition("in one of these ")
    if several:
        each = cases.partition(": ")[2].split("; ")
        return holds(common.removesuffix(", "), sizes) and any(holds(case, sizes) for case in each)
    typed = "".join(map(divided, re.split("( and | or )", condition)))
    typed = typed.replace("·", "*").replace(" mod ", " % ").replace("≤", "<=").replace("≥", ">=")
    typed = re.sub(r"⌊(.+?)/(\w+|\(.+?\))⌋", r"((\1)//(\2))", typed.replace("≠", "!="))
    return bool(eval(re.sub(r"(?<![<>=!])=(?!=)", "==", typed), {"max": max, "min": min, "floor": floor}, dict(sizes)))


def divided(part):
    """Return one of the conditions between `and` and `or`, what it says of divisors in numbers."""
    opening = "(" * (part.count("(") - part.count(")"))
    closing = ")" * (part.count(")") - part.count("("))
    bare = part.removeprefix(opening).removesuffix(closing)
    if said := re.fullmatch("(.+) is (odd|even)", bare):
        return f"{opening}({said[1]}) % 2 == {int(said[2] == 'odd')}{closing}"
    if said := re.fullmatch("(.+) (divides|does not divide) (.+)", bare):
        return f"{opening}({said[3]}) % ({said[1]}) {'==' if said[2] == 'divides' else '!='} 0{closing}"
    return part
