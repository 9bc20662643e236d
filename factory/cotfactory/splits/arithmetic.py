"""Finds the first equation between plain numbers that is false: a wrong step, without a judge.

Only what is certain counts: both sides are decimal numbers joined by + - × ÷, nothing stands
around them that could change their meaning, and they differ by more than rounding explains.
"""

import re
from fractions import Fraction
from typing import NamedTuple

MAX_SIDE_CHARS = 80
FLOAT_NOISE = Fraction(1, 10**9)  # 26.666666666666668 is what a calculator shows for 80/3
_OPERAND = r"[-−]?\$?\d(?:[\d,]*\d)?(?:\.\d+)?"
_OPERATOR = r"[ \t]*(?:[-+−*×·⋅÷/]|\\times|\\cdot|\\div)[ \t]*"
# Nothing may bind to the first number from before, nothing go on with the last one.
_GOES_ON = (
    r"\d|[.,]\d|[A-Za-z]|\s*(?:[-+−*×·⋅÷/^_%(:²³!{…]|\\(?![)\]])|\.\.|\?)"
    r"|\s+(?:[A-Za-z]{1,2}\b|hundred|thousand|million|billion|dozen|percent)"
)
_EQUATION = re.compile(
    rf"(?<![\w.,^_{{}})\\$/*×·⋅÷+−-])(?P<left>{_OPERAND}(?:{_OPERATOR}{_OPERAND}){{1,6}})"
    rf"[ \t]*=[ \t]*(?P<right>{_OPERAND})(?!{_GOES_ON})"
)
# What makes the left side part of a larger one.
_BOUND = re.compile(r"[-+−*×·⋅÷/^]\s*$|\\\w+\s*$")
_TOKEN = re.compile(r"\\times|\\cdot|\\div|[-+−*×·⋅÷/]|\d[\d,]*(?:\.\d+)?")
_BEFORE = re.compile(rf"(?P<side>{_OPERAND}(?:{_OPERATOR}{_OPERAND}){{0,6}})[ \t]*=[ \t]*$")
_OTHER_NUMBERS = re.compile(r"\bmod\b|\\[pb]?mod|\bbase\b|_\d|≡|≈|approx", re.IGNORECASE)
_TIMES = {"*", "×", "·", "⋅", "\\times", "\\cdot"}
_OVER = {"/", "÷", "\\div"}
_THOUSANDS = re.compile(r"\d{1,3}(?:,\d{3})+(?:\.\d+)?")


class FalseEquation(NamedTuple):
    """An equation at characters [start, end) of a text; `truth` is its left side's value."""

    start: int
    end: int
    claim: str
    left: str
    truth: str


def first_false_equation(text: str) -> FalseEquation | None:
    """Returns the first equation in `text` that does not hold, None if there is none."""
    for match in _EQUATION.finditer(text):
        left, right = match["left"].strip(), match["right"].strip()
        if _out_of_context(text, match.start(), match.end()):
            continue
        value, claimed = _value(left), _number(right)
        if value is None or claimed is None or _rounds_to(value, claimed, right):
            continue
        claim = f"{left} = {right}"
        return FalseEquation(match.start(), match.end(), claim, left, _shown(value))
    return None


def _out_of_context(text: str, start: int, end: int) -> bool:
    line_start = text.rfind("\n", 0, start) + 1
    line_end = text.find("\n", end)
    line = text[line_start : line_end if line_end >= 0 else len(text)]
    before = text[line_start:start]
    return bool(
        _BOUND.search(before) or _OTHER_NUMBERS.search(line) or _runs_on(before, text[start:end])
    )


def _runs_on(before: str, equation: str) -> bool:
    """Whether it goes on from a result: 40 + 2 = 42 + 8 = 50 is two sums, not a wrong one."""
    side = _BEFORE.search(before[-2 * MAX_SIDE_CHARS :])
    first = re.match(_OPERAND, equation)
    return bool(side and first and _value(side["side"]) == _number(first[0]))


def _number(text: str) -> Fraction | None:
    """Reads a decimal number; None where its commas are not those of thousands."""
    bare = text.replace("$", "").replace("−", "-")
    if "," in bare and not _THOUSANDS.fullmatch(bare.lstrip("-")):
        return None
    return Fraction(bare.replace(",", ""))


def _value(side: str) -> Fraction | None:
    """Evaluates numbers joined by operators, products first; None where it cannot be read."""
    if len(side) > MAX_SIDE_CHARS:
        return None
    terms: list[Fraction] = []
    sign, operator = 1, "+"
    for found in _TOKEN.findall(side.replace("$", "")):
        if not found[0].isdigit():
            sign = -sign if operator and found in "-−" else sign
            operator = operator or found
            continue
        number = _number(found)
        if number is None or not _applied(terms, operator, sign * number):
            return None
        sign, operator = 1, ""
    return sum(terms, Fraction(0))


def _applied(terms: list[Fraction], operator: str, number: Fraction) -> bool:
    """Joins `number` to the terms of a sum; False at a division by zero."""
    if operator in _TIMES:
        terms[-1] *= number
    elif operator in _OVER:
        if number == 0:
            return False
        terms[-1] /= number
    else:
        terms.append(-number if operator in "-−" else number)
    return True


def _rounds_to(value: Fraction, claimed: Fraction, written: str) -> bool:
    """Whether `claimed`, as precise as it is written, can stand for `value`, rounded or cut."""
    decimals = len(written.partition(".")[2])
    if decimals == 0 and value.denominator == 1:
        return value == claimed
    last_place = Fraction(1, 10**decimals)
    return abs(value - claimed) < max(last_place, abs(value) * FLOAT_NOISE)


def _shown(value: Fraction) -> str:
    if value.denominator == 1:
        return str(value.numerator)
    decimal = f"{float(value):.6g}"
    return decimal if Fraction(decimal) == value else f"{value.numerator}/{value.denominator}"
