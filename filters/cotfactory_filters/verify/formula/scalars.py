"""Whether two formulas have the same value, wherever both have one."""

import hashlib
from collections.abc import Iterator
from enum import Enum
from fractions import Fraction

from flint import acb, arb, fmpq

from cotfactory_filters.verify.formula.balls import (
    UndecidableError,
    ball,
    evaluate,
    is_real,
    precision,
)
from cotfactory_filters.verify.formula.exact import exact
from cotfactory_filters.verify.formula.nodes import CONSTANTS, Node, symbols
from cotfactory_filters.verify.formula.numbers import (
    FLOAT_NOISE,
    SIGNIFICANT_DIGITS,
    Number,
    digits_of,
    same_number,
)

FAST_BITS = 128
SURE_BITS = 2048
AGREEING_BITS = {FAST_BITS: 64, SURE_BITS: 1000}
POINTS = 8
ENOUGH_POINTS = 3


class Same(Enum):
    """Whether two things are the same."""

    YES = "yes"
    NO = "no"
    UNKNOWN = "unknown"


def same_value(one: Node, other: Node) -> Same:
    """Compares two formulas without structure: numbers, or expressions in symbols.

    Rational values are compared exactly. Otherwise balls that do not touch prove a difference; an
    equality counts when the values agree to 1,000 bits, or, with symbols, at several points: two
    formulas of an answer's size that agree there are the same function. Points where the first has
    no real value lie outside its domain and do not count, unless it is real nowhere.
    """
    first, second = exact(one), exact(other)
    if first is not None and second is not None:
        equal = same_number(_as_number(one, first), _as_number(other, second))
        return Same.YES if equal else Same.NO
    names = (symbols(one) | symbols(other)) - CONSTANTS
    try:
        if names:
            return _same_function(one, other, sorted(names))
        return _same_constant(one, other)
    except UndecidableError:
        return Same.YES if one == other else Same.UNKNOWN


def _as_number(node: Node, value: object) -> Number:
    while node.kind in ("negative", "quantity"):
        node = node.args[0]
    decimals = node.value.decimals if node.kind == "number" else None
    return Number(value, decimals)  # type: ignore[arg-type]


def _same_constant(one: Node, other: Node) -> Same:
    for bits in (FAST_BITS, SURE_BITS):
        with precision(bits):
            first, second = evaluate(one, {}), evaluate(other, {})
            if not (first.is_finite() and second.is_finite()):
                continue
            if _apart(first, second):
                return _rounded(one, other, first, second)
            if bits == SURE_BITS and _agree(first, second, bits):
                return Same.YES
    return Same.UNKNOWN


def _rounded(one: Node, other: Node, first: acb, second: acb) -> Same:
    """Lets a decimal of six digits or more stand for the number that it rounds."""
    for node, exact_value in ((one, second), (other, first)):
        value = exact(node)
        number = _as_number(node, value) if value is not None else None
        if number is None or number.decimals is None or not is_real(exact_value):
            continue
        if digits_of(number) < SIGNIFICANT_DIGITS:
            continue
        allowed = max(Fraction(1, 10**number.decimals), FLOAT_NOISE * abs(number.value))
        if abs(exact_value - ball(number.value)) < abs(ball(allowed)):
            return Same.YES
    return Same.NO


def _same_function(one: Node, other: Node, names: list[str]) -> Same:
    real = complex_ = 0
    complex_apart = False
    for first, second in _values_at_points(one, other, names):
        if is_real(first):
            if _apart(first, second):
                return Same.NO
            real += _agree(first, second, FAST_BITS)
        else:
            complex_apart |= _apart(first, second)
            complex_ += _agree(first, second, FAST_BITS)
    if real >= ENOUGH_POINTS or (not real and not complex_apart and complex_ >= ENOUGH_POINTS):
        return Same.YES
    return Same.NO if not real and complex_apart else Same.UNKNOWN


def _values_at_points(one: Node, other: Node, names: list[str]) -> Iterator[tuple[acb, acb]]:
    """Yields the values of two formulas at the points where both have one."""
    for index in range(POINTS):
        with precision(FAST_BITS):
            values = {name: point(name, index) for name in names}
            try:
                first, second = evaluate(one, values), evaluate(other, values)
            except UndecidableError:
                continue
            if first.is_finite() and second.is_finite():
                yield first, second


def same_but_constant(one: Node, other: Node) -> Same:
    """Whether two functions differ by nothing but a constant."""
    names = sorted((symbols(one) | symbols(other)) - CONSTANTS)
    with precision(FAST_BITS):
        differences = [a - b for a, b in _values_at_points(one, other, names) if is_real(a - b)]
    if len(differences) < ENOUGH_POINTS:
        return Same.UNKNOWN
    return Same.YES if all(d.overlaps(differences[0]) for d in differences) else Same.NO


def _apart(first: acb, second: acb) -> bool:
    return not first.overlaps(second)


def _agree(first: acb, second: acb, bits: int) -> bool:
    """Whether the difference is far smaller than the values, or than one where both are zero."""
    size = arb(abs(first)).max(arb(abs(second)))
    if size.contains(0):
        size = arb(1)
    limit = size * arb(fmpq(1, 1 << AGREEING_BITS[bits]))
    return bool(abs(first - second) < limit)


def point(name: str, index: int) -> acb:
    """Returns the value of a symbol at one of the points, the same in every process.

    The first half of the points is positive throughout: lengths, masses and counts are. Every
    second point lies near zero, where inverse functions and roots have their domain.
    """
    digest = hashlib.blake2b(f"{name}:{index}".encode(), digest_size=8).digest()
    size = fmpq(int.from_bytes(digest[:6], "big"), 1 << 47) + fmpq(1, 7)
    scaled = size / 8 if index % 2 else size
    negative = index >= POINTS // 2 and digest[6] % 2
    return acb(-scaled if negative else scaled)
