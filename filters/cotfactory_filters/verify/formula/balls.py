"""Evaluates formulas in ball arithmetic: each value comes with a proven bound of its error.

Time and memory do not grow with the size of the numbers: 9^{9^9} takes microseconds.
"""

import contextlib
from collections.abc import Callable, Iterator, Mapping
from fractions import Fraction

from flint import acb, arb, ctx, fmpq

from cotfactory_filters.verify.formula.nodes import Node

MAX_POWER_OF_TEN = 5000

Values = Mapping[str, acb]


class UndecidableError(Exception):
    """The formula has no value that balls can hold: infinity, an unknown function."""


@contextlib.contextmanager
def precision(bits: int) -> Iterator[None]:
    """Sets the working precision."""
    before = ctx.prec
    ctx.prec = bits
    try:
        yield
    finally:
        ctx.prec = before


def evaluate(node: Node, values: Values) -> acb:
    """Returns a ball that holds the value of `node`, with `values` for its symbols.

    Raises:
        UndecidableError: there is no such ball.
    """
    reader = _READERS.get(node.kind)
    if reader is None:
        raise UndecidableError(node.kind)
    return reader(node, values)


def ball(value: Fraction) -> acb:
    """Returns the ball of a rational number."""
    return acb(fmpq(value.numerator, value.denominator))


def is_real(value: acb) -> bool:
    """Whether the ball may hold a real number."""
    return bool(value.imag.contains(0))


def is_beyond_computing(node: Node) -> bool:
    """Whether a power or a factorial in `node` is too large for an engine that expands it."""
    if any(is_beyond_computing(arg) for arg in node.args):
        return True
    if node.kind != "power" and node.value not in ("factorial", "binomial"):
        return False
    try:
        size = abs(evaluate(node, {}))
    except UndecidableError:
        return False
    return not size.is_finite() or not size < arb(10) ** MAX_POWER_OF_TEN


def _number(node: Node, _values: Values) -> acb:
    return ball(node.value.value)


def _symbol(node: Node, values: Values) -> acb:
    name = node.value
    if name in values:
        return values[name]
    if name == "pi":
        return acb.pi()
    if name == "e":
        return acb(1).exp()
    if name == "i":
        return acb(0, 1)
    raise UndecidableError(name)


def _sum(node: Node, values: Values) -> acb:
    total = acb(0)
    for arg in node.args:
        total += evaluate(arg, values)
    return total


def _product(node: Node, values: Values) -> acb:
    total = acb(1)
    for arg in node.args:
        total *= evaluate(arg, values)
    return total


def _quotient(node: Node, values: Values) -> acb:
    return evaluate(node.args[0], values) / evaluate(node.args[1], values)


def _power(node: Node, values: Values) -> acb:
    base, exponent = node.args
    if base.kind == "symbol" and base.value == "e" and "e" not in values:
        return evaluate(exponent, values).exp()
    return evaluate(base, values) ** evaluate(exponent, values)


def _first(node: Node, values: Values) -> acb:
    return evaluate(node.args[0], values)


def _degree(node: Node, values: Values) -> acb:
    return _first(node, values) * acb.pi() / 180


def _percent(node: Node, values: Values) -> acb:
    return _first(node, values) / 100


def _call(node: Node, values: Values) -> acb:
    function = _FUNCTIONS.get(node.value)
    if function is None:
        raise UndecidableError(node.value)
    try:
        return function(*(evaluate(arg, values) for arg in node.args))
    except TypeError as error:
        raise UndecidableError(f"{node.value} of {len(node.args)} arguments") from error


def _root(radicand: acb, degree: acb | None = None) -> acb:
    """Returns the root; an odd root of a negative real number is real, as at school."""
    if degree is None:
        return radicand.sqrt()
    whole = degree.unique_fmpz()
    if whole is not None and int(whole) % 2 and is_real(radicand) and radicand.real < 0:
        return -((-radicand) ** (1 / degree))
    return radicand ** (1 / degree)


def _real(value: acb) -> arb:
    if not is_real(value):
        raise UndecidableError("a complex number where a real one belongs")
    return value.real


def _mod(value: acb, modulus: acb) -> acb:
    return value - modulus * acb(_real(value / modulus).floor())


def _largest(*values: acb) -> acb:
    largest = _real(values[0])
    for value in values[1:]:
        largest = largest.max(_real(value))
    return acb(largest)


def _smallest(*values: acb) -> acb:
    return -_largest(*(-value for value in values))


def _binomial(n: acb, k: acb) -> acb:
    return (n + 1).gamma() / ((k + 1).gamma() * (n - k + 1).gamma())


_FUNCTIONS: dict[str, Callable[..., acb]] = {
    name: getattr(acb, name)
    for name in [
        "sin",
        "cos",
        "tan",
        "cot",
        "sec",
        "csc",
        "sinh",
        "cosh",
        "tanh",
        "coth",
        "exp",
        "log",
        "asin",
        "acos",
        "atan",
        "asinh",
        "acosh",
        "atanh",
    ]
} | {
    "ln": acb.log,
    "lg": lambda x: x.log() / acb(10).log(),
    "root": _root,
    "abs": lambda x: acb(abs(x)),
    "floor": lambda x: acb(_real(x).floor()),
    "ceil": lambda x: acb(_real(x).ceil()),
    "factorial": lambda x: (x + 1).gamma(),
    "binomial": _binomial,
    "max": _largest,
    "min": _smallest,
    "mod": _mod,
    "re": lambda x: acb(x.real),
    "im": lambda x: acb(x.imag),
}

_READERS: dict[str, Callable[[Node, Values], acb]] = {
    "number": _number,
    "symbol": _symbol,
    "sum": _sum,
    "product": _product,
    "quotient": _quotient,
    "power": _power,
    "negative": lambda node, values: -_first(node, values),
    "quantity": _first,
    "degree": _degree,
    "percent": _percent,
    "call": _call,
}
