"""Whether two equations say the same."""

from flint import acb, arb, fmpq

from cotfactory_filters.verify.formula.balls import (
    UndecidableError,
    evaluate,
    precision,
)
from cotfactory_filters.verify.formula.derivatives import is_derivative
from cotfactory_filters.verify.formula.nodes import CONSTANTS, Node, symbols
from cotfactory_filters.verify.formula.rewrite import aligned, label_and_value
from cotfactory_filters.verify.formula.scalars import (
    ENOUGH_POINTS,
    FAST_BITS,
    POINTS,
    Same,
    point,
    same_value,
)

_ZERO_BITS = 60


def same_equation(one: Node, other: Node) -> Same:
    """Compares `left = right` with another: equal up to a constant factor, or one solved.

    Equations that give different names a value are the same when the value has symbols in it:
    f(x) = 2x and y = 2x describe one function; x = 5 and y = 5 are two answers.
    """
    other = aligned(one, other)
    first, second = _residual(one), _residual(other)
    if first is None or second is None:
        return Same.UNKNOWN
    try:
        if _proportional(first, second) or _solved_alike(one, other, first, second):
            return Same.YES
    except UndecidableError:
        return Same.UNKNOWN
    named, named_too = label_and_value(one), label_and_value(other)
    if named and named_too and named[0] != named_too[0] and symbols(named[1]) - CONSTANTS:
        return same_value(named[1], named_too[1])
    return Same.NO


def _residual(node: Node) -> Node | None:
    if node.value != ("=",):
        return None
    left, right = node.args
    return Node("sum", (left, Node("negative", (right,))))


def _proportional(one: Node, other: Node) -> bool:
    """Whether one residual is a constant, not zero, times the other at every point."""
    names = (symbols(one) | symbols(other)) - CONSTANTS
    ratios: list[acb] = []
    with precision(FAST_BITS):
        for index in range(POINTS):
            values = {name: point(name, index) for name in names}
            ratio = evaluate(one, values) / evaluate(other, values)
            if ratio.is_finite() and not ratio.contains(0):
                ratios.append(ratio)
        return len(ratios) >= ENOUGH_POINTS and all(ratios[0].overlaps(r) for r in ratios)


def _solved_alike(one: Node, other: Node, first: Node, second: Node) -> bool:
    """Whether both residuals are linear in a name and give it the same value at every point.

    The name is one that stands alone on a side of one equation, or a derivative.
    """
    names = symbols(first) & symbols(second)
    sides = {side.value for node in (one, other) for side in node.args if side.kind == "symbol"}
    candidates = {name for name in names if name in sides or is_derivative(name)} - CONSTANTS
    return any(_same_solution(first, second, name) for name in sorted(candidates))


def _same_solution(one: Node, other: Node, name: str) -> bool:
    others = (symbols(one) | symbols(other)) - CONSTANTS - {name}
    with precision(FAST_BITS):
        for index in range(POINTS):
            values = {n: point(n, index) for n in others}
            solutions = [_solution(residual, name, values) for residual in (one, other)]
            if solutions[0] is None or solutions[1] is None:
                return False
            if not _is_zero(solutions[0] - solutions[1]):
                return False
    return True


def _solution(residual: Node, name: str, values: dict[str, acb]) -> acb | None:
    """Returns the one value of `name` for which the residual is zero; None unless it is linear."""
    at = [evaluate(residual, {**values, name: acb(n)}) for n in (0, 1, 2)]
    slope = at[1] - at[0]
    if slope.contains(0) or not _is_zero(at[2] - at[1] - slope):
        return None
    return -at[0] / slope


def _is_zero(value: acb) -> bool:
    return bool(value.contains(0)) and bool(arb(abs(value)) < arb(fmpq(1, 1 << _ZERO_BITS)))
