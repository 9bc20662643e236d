"""Sets of real numbers: intervals, unions, inequalities in one unknown."""

from collections.abc import Callable
from fractions import Fraction
from functools import cmp_to_key
from typing import NamedTuple

from cotfactory_filters.verify.formula.balls import (
    UndecidableError,
    evaluate,
    is_real,
    precision,
)
from cotfactory_filters.verify.formula.nodes import CONSTANTS, PAIR, Node, symbols
from cotfactory_filters.verify.formula.numbers import Number
from cotfactory_filters.verify.formula.scalars import FAST_BITS, Same, same_value

_INFINITY = Node("infinity")
_MINUS_INFINITY = Node("negative", (_INFINITY,))
_INTERVALS = frozenset(("()", "[]", "(]", "[)"))
_FLIPPED = {"=": "=", "<": ">", "<=": ">=", ">": "<", ">=": "<=", "!=": "!="}


class Span(NamedTuple):
    """An interval; a point is closed at both ends."""

    low: Node
    low_closed: bool
    high: Node
    high_closed: bool


Region = list[Span]
EVERYTHING = Span(_MINUS_INFINITY, low_closed=False, high=_INFINITY, high_closed=False)


def is_region(node: Node) -> bool:
    """Whether `node` can only be a set of numbers (a pair in brackets may also be a point)."""
    if node.kind == "relation":
        return bool(set(node.value) - {"="})
    if node.kind == "list":
        return node.value in ("and", "or") and all(is_region(arg) for arg in node.args)
    if node.kind == "tuple":
        return node.value in ("(]", "[)") or any(_is_infinite(arg) for arg in node.args)
    return node.kind in ("union", "intersection", "minus", "numbers")


def same_region(one: Node, other: Node) -> Same:
    """Compares two sets of real numbers; UNKNOWN when one cannot be read as such."""
    try:
        first, second = _merged(region(one)), _merged(region(other))
    except UndecidableError:
        return Same.UNKNOWN
    if len(first) != len(second):
        return Same.NO
    result = Same.YES
    for a, b in zip(first, second, strict=True):
        if (a.low_closed, a.high_closed) != (b.low_closed, b.high_closed):
            return Same.NO
        ends = (_same_end(a.low, b.low), _same_end(a.high, b.high))
        if Same.NO in ends:
            return Same.NO
        result = Same.UNKNOWN if Same.UNKNOWN in ends else result
    return result


def region(node: Node) -> Region:
    """Reads a set of real numbers.

    Raises:
        UndecidableError: `node` is none, or has more than one unknown.
    """
    reader = _READERS.get(node.kind)
    if reader is None:
        raise UndecidableError(node.kind)
    return reader(node)


def _interval(node: Node) -> Region:
    if node.value not in _INTERVALS or len(node.args) != PAIR:
        raise UndecidableError("a tuple that is no interval")
    low, high = node.args
    span = Span(low, node.value[0] == "[", high, node.value[1] == "]")
    if _empty(span):
        raise UndecidableError("a pair in falling order is a point, not an interval")
    return [span]


def _points(node: Node) -> Region:
    return [_point(arg) for arg in node.args]


def _reals(node: Node) -> Region:
    if node.value != "R":
        raise UndecidableError("numbers that are no interval")
    return [EVERYTHING]


def _union(node: Node) -> Region:
    return [span for arg in node.args for span in region(arg)]


def _common(node: Node) -> Region:
    return _intersection([_merged(region(arg)) for arg in node.args])


def _joined_by_word(node: Node) -> Region:
    return _union(node) if node.value == "or" else _common(node)


def _without(node: Node) -> Region:
    whole, without = (_merged(region(arg)) for arg in node.args)
    return _intersection([whole, _complement(without)])


def _solutions(node: Node) -> Region:
    """Reads an inequality, or a chain of them, whose unknown x or |x| stands alone on one side."""
    unknowns = [arg for arg in node.args if symbols(arg) - CONSTANTS]
    if len(unknowns) != 1 or not _is_unknown(unknowns[0]):
        raise UndecidableError("not an inequality solved for one unknown")
    at = node.args.index(unknowns[0])
    found: Region = [EVERYTHING]
    for index, operator in enumerate(node.value):
        if index == at:
            found = _intersection([found, _where(operator, node.args[index + 1])])
        elif index == at - 1:
            found = _intersection([found, _where(_FLIPPED.get(operator, ""), node.args[index])])
    return found if unknowns[0].kind == "symbol" else _both_sides(found)


def _is_unknown(node: Node) -> bool:
    absolute = node.kind == "call" and node.value == "abs"
    return (node.args[0] if absolute else node).kind == "symbol"


def _both_sides(sizes: Region) -> Region:
    """Returns the x for which |x| is in `sizes`."""
    zero = Node("number", value=Number(Fraction(0), None))
    sizes = _intersection([sizes, [EVERYTHING._replace(low=zero, low_closed=True)]])
    mirrored = [
        Span(_opposite(s.high), s.high_closed, _opposite(s.low), s.low_closed) for s in sizes
    ]
    return mirrored + sizes


def _opposite(node: Node) -> Node:
    return node.args[0] if node.kind == "negative" else Node("negative", (node,))


def _where(operator: str, bound: Node) -> Region:
    if operator in ("in", "="):
        return region(bound) if operator == "in" else [_point(bound)]
    if operator == "!=":
        return _complement([_point(bound)])
    if operator in ("<", "<="):
        return [EVERYTHING._replace(high=bound, high_closed=operator == "<=")]
    if operator in (">", ">="):
        return [EVERYTHING._replace(low=bound, low_closed=operator == ">=")]
    raise UndecidableError(operator)


def _point(node: Node) -> Span:
    return Span(node, low_closed=True, high=node, high_closed=True)


def _complement(spans: Region) -> Region:
    gaps, low, closed = [], _MINUS_INFINITY, False
    for span in spans:
        gaps.append(Span(low, closed, span.low, not span.low_closed))
        low, closed = span.high, not span.high_closed
    gaps.append(Span(low, closed, _INFINITY, high_closed=False))
    return [gap for gap in gaps if not _empty(gap)]


def _intersection(parts: list[Region]) -> Region:
    found = parts[0]
    for part in parts[1:]:
        found = [c for a in found for b in part if not _empty(c := _overlap(a, b))]
    return found


def _overlap(a: Span, b: Span) -> Span:
    low_order, high_order = _order(a.low, b.low), _order(a.high, b.high)
    low = a if low_order > 0 else b
    high = a if high_order < 0 else b
    low_closed = a.low_closed and b.low_closed if low_order == 0 else low.low_closed
    high_closed = a.high_closed and b.high_closed if high_order == 0 else high.high_closed
    return Span(low.low, low_closed, high.high, high_closed)


def _empty(span: Span) -> bool:
    order = _order(span.low, span.high)
    return order > 0 or (order == 0 and not (span.low_closed and span.high_closed))


def _merged(spans: Region) -> Region:
    """Returns the same set as intervals that do not touch, from left to right."""
    spans = [span for span in spans if not _empty(span)]
    merged: Region = []
    for span in sorted(spans, key=cmp_to_key(_by_low)):
        if merged and _touch(merged[-1], span):
            merged[-1] = _joined(merged[-1], span)
        else:
            merged.append(span)
    return merged


def _by_low(a: Span, b: Span) -> int:
    return _order(a.low, b.low)


def _touch(left: Span, right: Span) -> bool:
    order = _order(left.high, right.low)
    return order > 0 or (order == 0 and (left.high_closed or right.low_closed))


def _joined(left: Span, right: Span) -> Span:
    lows, highs = _order(left.low, right.low), _order(left.high, right.high)
    low_closed = left.low_closed or (right.low_closed and lows == 0)
    high = left if highs > 0 else right
    high_closed = high.high_closed or (highs == 0 and left.high_closed)
    return Span(left.low, low_closed, high.high, high_closed)


def _order(a: Node, b: Node) -> int:
    """Returns -1, 0 or 1; ends are compared as numbers, infinities are at the ends."""
    ends = [infinite_sign(node) for node in (a, b)]
    if any(ends):
        return (ends[0] > ends[1]) - (ends[0] < ends[1])
    if same_value(a, b) is Same.YES:
        return 0
    with precision(FAST_BITS):
        difference = evaluate(a, {}) - evaluate(b, {})
        if is_real(difference) and not difference.contains(0):
            return 1 if difference.real > 0 else -1
    raise UndecidableError("ends of intervals that cannot be put in order")


def infinite_sign(node: Node) -> int:
    """Returns 1 or -1 for an infinity, else 0."""
    if node.kind == "negative":
        return -infinite_sign(node.args[0])
    if node.kind in ("sum", "product") and len(node.args) == 1:
        return infinite_sign(node.args[0])
    return int(node.kind == "infinity")


def _is_infinite(node: Node) -> bool:
    return infinite_sign(node) != 0


def _same_end(a: Node, b: Node) -> Same:
    if _is_infinite(a) or _is_infinite(b):
        return Same.YES if infinite_sign(a) == infinite_sign(b) else Same.NO
    return same_value(a, b)


_READERS: dict[str, Callable[[Node], Region]] = {
    "tuple": _interval,
    "set": _points,
    "numbers": _reals,
    "relation": _solutions,
    "union": _union,
    "list": _joined_by_word,
    "intersection": _common,
    "minus": _without,
}
