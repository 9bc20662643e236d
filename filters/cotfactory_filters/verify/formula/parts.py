"""Compares answers of several parts."""

from collections import Counter
from collections.abc import Callable, Sequence

from cotfactory_filters.verify.formula.exact import exact
from cotfactory_filters.verify.formula.nodes import PAIR, Node
from cotfactory_filters.verify.formula.rewrite import label_and_value
from cotfactory_filters.verify.formula.scalars import Same

COLLECTIONS = frozenset(("list", "tuple", "set", "matrix", "ratio"))
MAX_UNORDERED = 60  # beyond it, parts have to be rational numbers to be compared without order

Compare = Callable[[Node, Node], Same]


def same_collection(one: Node, other: Node, same: Compare) -> Same:
    """Compares the parts of two collections.

    Sets and bare lists ("2 and 3") have no order; tuples, matrices and ratios have one. A bare list
    and a tuple are equal in order. `[1, 2]` may be an interval, so its brackets count; with three
    parts and more, round and square brackets mean the same.
    """
    first, second, named = _unlabelled(one, other)
    if "matrix" in (one.kind, other.kind):
        return _same_matrix(one, other, same)
    kinds = {one.kind, other.kind}
    if kinds <= {"list", "set"} and not named:
        return _same_unordered(first, second, same)
    intervals = kinds == {"tuple"} and len(first) == PAIR and one.value != other.value
    if intervals or kinds == {"tuple", "set"} or ("ratio" in kinds and len(kinds) > 1):
        return Same.NO
    ordered = _same_ordered(first, second, same)
    return _proportional(first, second) if kinds == {"ratio"} and ordered is Same.NO else ordered


def _proportional(first: Sequence[Node], second: Sequence[Node]) -> Same:
    """Compares ratios as such: 2 : 4 is 1 : 2."""
    values = [[exact(node) for node in side] for side in (first, second)]
    if len(first) != len(second) or None in values[0] + values[1]:
        return Same.NO
    ones, others = ([v for v in side if v is not None] for side in values)
    products = [[a * others[0] for a in ones], [b * ones[0] for b in others]]
    return Same.YES if ones[0] and others[0] and products[0] == products[1] else Same.NO


def _same_matrix(one: Node, other: Node, same: Compare) -> Same:
    """Compares matrices; one row or one column equals the tuple of its entries."""
    first, second = _entries(one), _entries(other)
    if first is None or second is None or len(first) != len(second):
        return Same.NO
    if _rows(one) != _rows(other) and None not in (_rows(one), _rows(other)):
        return Same.NO
    return _same_ordered(first, second, same)


def _rows(node: Node) -> int | None:
    """Returns how many rows are written out; None of a plain tuple, which is a row or a column."""
    written = node.kind == "matrix" or all(arg.kind == "tuple" for arg in node.args)
    return len(node.args) if written else None


def _entries(node: Node) -> list[Node] | None:
    if node.kind in ("tuple", "list"):
        rows = [arg for arg in node.args if arg.kind == "tuple"]
        if len(rows) == len(node.args) and len({len(row.args) for row in rows}) == 1:
            return [
                cell for row in rows for cell in row.args
            ]  # as programs write: [[1, 2], [3, 4]]
        return list(node.args)
    if node.kind != "matrix":
        return None
    return [cell for row in node.args for cell in row.args]


def _unlabelled(one: Node, other: Node) -> tuple[list[Node], list[Node], bool]:
    """Takes the names off the parts of a list: all of them, or the one before `x = 1, 2`.

    When both name all their parts alike, they are put in the order of the first, which then
    counts, as the third of what is returned says: a = 1, b = 2 is not a = 2, b = 1.
    """
    pairs = [[label_and_value(arg) for arg in node.args] for node in (one, other)]
    named = [all(p is not None for p in side) and bool(side) for side in pairs]
    parts = [list(one.args), list(other.args)]
    if all(named):
        values = [{p[0]: p[1] for p in side if p} for side in pairs]
        once = len(values[0]) == len(one.args) and len(values[1]) == len(other.args)
        if once and values[0].keys() == values[1].keys():
            return list(values[0].values()), [values[1][name] for name in values[0]], True
        return parts[0], parts[1], False
    for side, own in enumerate(pairs):
        leading = bool(own) and own[0] is not None and not any(own[1:])
        if (named[side] or leading) and not any(pairs[1 - side]):
            parts[side] = [p[1] if p else arg for p, arg in zip(own, parts[side], strict=True)]
    return parts[0], parts[1], False


def _same_ordered(first: Sequence[Node], second: Sequence[Node], same: Compare) -> Same:
    if len(first) != len(second):
        return Same.NO
    unknown = False
    for one, other in zip(first, second, strict=True):
        outcome = same(one, other)
        if outcome is Same.NO:
            return Same.NO
        unknown |= outcome is Same.UNKNOWN
    return Same.UNKNOWN if unknown else Same.YES


def _same_unordered(first: Sequence[Node], second: Sequence[Node], same: Compare) -> Same:
    values = [[exact(node) for node in side] for side in (first, second)]
    if None not in values[0] + values[1] and Counter(values[0]) == Counter(values[1]):
        return Same.YES
    if len(first) != len(second):
        return Same.NO
    if len(first) > MAX_UNORDERED:
        return _same_ordered(first, second, same)
    return _matched(first, list(second), same)


def _matched(first: Sequence[Node], rest: list[Node], same: Compare) -> Same:
    """Finds a partner for each part; equality is transitive, so the first partner will do."""
    unknown = False
    for one in first:
        outcomes = [same(one, other) for other in rest]
        if Same.YES in outcomes:
            rest.pop(outcomes.index(Same.YES))
        elif Same.UNKNOWN in outcomes:
            unknown = True
        else:
            return Same.NO
    return Same.UNKNOWN if unknown else Same.YES
