r"""Reads numbers exactly: integers, decimals, scientific notation, fractions, mixed fractions.

Also 0x1f and 0b101, as programs write them.
"""

import math
import re
from fractions import Fraction
from typing import NamedTuple

MAX_EXPONENT = 400

_INT = r"\d{1,2000}"  # an answer has no more characters; int() refuses more than 4,300
_DECIMAL = rf"(?:{_INT}(?:\.\d{{0,2000}})?|\.\d{{1,2000}})"
_SIGN = r"[+-]?"
_NUMBER = re.compile(
    rf"(?P<sign>{_SIGN})(?:(?P<whole>\d{{1,100}})(?=\\frac|[ ]\d+/\d))?[ ]?(?:"
    rf"\\frac(?:\{{(?P<fn>[+-]?{_DECIMAL})\}}|(?P<fn1>\d))(?:\{{(?P<fd>{_DECIMAL})\}}|(?P<fd1>\d))"
    rf"|(?P<n>{_INT})/(?P<d>{_INT})"
    rf"|(?P<dec>{_DECIMAL})(?:[eE](?P<exp>[+-]?\d{{1,4}})"
    rf"|(?:\\times|\\cdot|\*|x)10\^(?:\{{(?P<pow>[+-]?\d{{1,4}})\}}|(?P<pow1>\d)|\((?P<pow2>-?\d{{1,4}})\)))?"
    r")\Z"
)
_LITERAL = re.compile(r"[+-]?(?:0x[0-9a-fA-F]{1,200}|0b[01]{1,300})\Z")


class Number(NamedTuple):
    """An exact value, and how many decimals it was written with (None: not as a decimal)."""

    value: Fraction
    decimals: int | None


def read_number(text: str) -> Number | None:
    """Reads `text` when all of it is one number, else returns None.

    `text` has no blanks but the one of a mixed fraction (`1 1/2`), and no thousands separators.
    """
    if _LITERAL.match(text):
        return Number(Fraction(int(text, 0)), None)
    match = _NUMBER.match(text)
    if match is None:
        return None
    part = match.groupdict()
    value, decimals = _magnitude(part)
    if value is None:
        return None
    if part["whole"]:
        if value >= 1 or value < 0:  # 1 3/2 is no mixed fraction
            return None
        value += int(part["whole"])
    return Number(-value if part["sign"] == "-" else value, decimals)


def _magnitude(part: dict[str, str | None]) -> tuple[Fraction | None, int | None]:
    top = part["fn"] or part["fn1"] or part["n"]
    if top:
        bottom = Fraction(part["fd"] or part["fd1"] or part["d"] or "1")
        return (Fraction(top) / bottom, None) if bottom else (None, None)
    digits = part["dec"] or "0"
    exponent = int(part["exp"] or part["pow"] or part["pow1"] or part["pow2"] or 0)
    if abs(exponent) > MAX_EXPONENT:
        return None, None
    _, point, after = digits.partition(".")
    decimals = max(0, len(after) - exponent) if point else None
    return Fraction(digits.rstrip(".")) * Fraction(10) ** exponent, decimals


def same_number(one: Number, other: Number) -> bool:
    """Whether two numbers are equal, or one is the other as a decimal of enough digits.

    A decimal of six significant digits or more stands for a number with more decimals when it is
    its rounding or its truncation: 0.333333 for 1/3. Fewer digits are an approximation, and
    whether that is an answer only the problem knows. With 15 digits and more, a decimal is what a
    program printed of a binary float, whose last digits are noise: 2.3029999999999997 is 2.303.
    """
    if one.value == other.value:
        return True
    if one.decimals is None and other.decimals is None:
        return False
    if max(digits_of(one), digits_of(other)) >= FLOAT_DIGITS:
        return abs(one.value - other.value) <= FLOAT_NOISE * abs(one.value)
    finer_first = (one.decimals is None, one.decimals or 0)
    if finer_first >= (other.decimals is None, other.decimals or 0):
        one, other = other, one
    return other.decimals != one.decimals and rounds_to(other.value, one)


SIGNIFICANT_DIGITS = 6
FLOAT_DIGITS = 15
FLOAT_NOISE = Fraction(1, 10**13)


def digits_of(number: Number) -> int:
    """Returns the count of significant digits of a decimal; 0 for other numbers."""
    if number.decimals is None:
        return 0
    return len(str(int(abs(number.value) * 10**number.decimals)))


def rounds_to(exact: Fraction, written: Number) -> bool:
    """Whether the decimal `written` is `exact` rounded or cut to its decimals."""
    if written.decimals is None or digits_of(written) < SIGNIFICANT_DIGITS:
        return False
    if exact * written.value < 0:
        return False
    scale = 10**written.decimals
    shown, scaled = abs(written.value) * scale, abs(exact) * scale
    return shown in (math.floor(scaled), math.floor(scaled + Fraction(1, 2)))
