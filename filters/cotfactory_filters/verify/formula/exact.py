"""Evaluates closed formulas of rational numbers exactly, within a size that cannot hang."""

import math
import operator
from collections.abc import Callable
from fractions import Fraction

from cotfactory_filters.verify.formula.nodes import Node

MAX_BITS = 20_000
MAX_FACTORIAL = 1000
SQUARE = 2


def exact(node: Node) -> Fraction | None:
    """Returns the rational value of `node`; None when it has none, or a very large one."""
    try:
        return _value(node)
    except (_NotExactError, ZeroDivisionError):
        return None


class _NotExactError(Exception):
    pass


def _value(node: Node) -> Fraction:
    if node.kind == "number":
        value: Fraction = node.value.value
        return value
    if node.kind == "quantity":
        return _value(node.args[0])
    if node.kind == "call":
        return _called(node)
    if node.kind == "power":
        return _power(*map(_value, node.args))
    if node.kind in ("negative", "sum", "product", "quotient"):
        return _arithmetic(node)
    raise _NotExactError


def _arithmetic(node: Node) -> Fraction:
    first, *rest = map(_value, node.args)
    if node.kind == "negative":
        return -first
    for other in rest:
        if node.kind == "sum":
            first += other
        elif node.kind == "product":
            first *= other
        else:
            first /= other
        _small(first)
    return first


def _power(base: Fraction, exponent: Fraction) -> Fraction:
    if exponent.denominator != 1:
        return _root(base, exponent)
    bits = max(base.numerator.bit_length(), base.denominator.bit_length())
    if bits * abs(exponent) > MAX_BITS:
        raise _NotExactError
    return base ** int(exponent)


def _root(base: Fraction, exponent: Fraction) -> Fraction:
    """Returns a rational square root: 4^{1/2} is 2. Other roots are left to ball arithmetic."""
    if exponent.denominator != SQUARE or base < 0:
        raise _NotExactError
    top, bottom = math.isqrt(base.numerator), math.isqrt(base.denominator)
    if top * top != base.numerator or bottom * bottom != base.denominator:
        raise _NotExactError
    return _power(Fraction(top, bottom), Fraction(exponent.numerator))


def _called(node: Node) -> Fraction:
    values = [_value(arg) for arg in node.args]
    function = _FUNCTIONS.get(node.value)
    if function is not None:
        try:
            return function(*values)
        except TypeError:  # another number of arguments
            raise _NotExactError from None
    if any(v.denominator != 1 for v in values):
        raise _NotExactError
    return _of_integers(node.value, [int(v) for v in values])


def _of_integers(name: str, values: list[int]) -> Fraction:
    if name == "factorial" and 0 <= values[0] <= MAX_FACTORIAL:
        return Fraction(math.factorial(values[0]))
    if name == "binomial" and 0 <= values[1] <= values[0] <= MAX_FACTORIAL:
        return Fraction(math.comb(*values))
    if name in ("gcd", "lcm"):
        return Fraction(math.gcd(*values) if name == "gcd" else math.lcm(*values))
    raise _NotExactError


_FUNCTIONS: dict[str, Callable[..., Fraction]] = {
    "root": lambda value: _root(value, Fraction(1, SQUARE)),
    "abs": abs,
    "floor": lambda value: Fraction(math.floor(value)),
    "ceil": lambda value: Fraction(math.ceil(value)),
    "max": lambda *values: max(values),
    "min": lambda *values: min(values),
    "mod": operator.mod,
}


def _small(value: Fraction) -> None:
    if max(value.numerator.bit_length(), value.denominator.bit_length()) > MAX_BITS:
        raise _NotExactError
