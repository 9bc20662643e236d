"""The tree of a formula."""

from fractions import Fraction
from typing import Any, Literal, NamedTuple

Kind = Literal[
    "number",  # value: Number
    "symbol",  # value: its name
    "infinity",
    "sum",
    "product",
    "quotient",  # args: numerator, denominator
    "power",  # args: base, exponent
    "negative",
    "call",  # value: function name
    "plusminus",  # args: left, right; value: "±" or "∓"; left may be missing
    "percent",
    "degree",
    "based",  # value: (digits, base)
    "ratio",  # a : b : c
    "list",  # items parted by commas or conjunctions, without brackets; value: conjunction
    "tuple",  # value: its two brackets
    "set",
    "matrix",  # args: rows as tuples
    "relation",  # args: sides; value: the operators between them
    "union",
    "intersection",
    "minus",
    "residue",  # args: a number or a congruence, modulus
    "quantity",  # args: a number; value: the unit as written
    "words",  # value: words as `text.words` gives them
    "numbers",  # value: R, Z, N, Q, C
]


CONSTANTS = frozenset(("pi", "e", "i"))
"""Symbols that are numbers."""

PAIR = 2  # how many parts an interval, a point of the plane or a quotient has


class Node(NamedTuple):
    """One node; `value` depends on the kind."""

    kind: Kind
    args: "tuple[Node, ...]" = ()
    value: Any = None


def integer(node: Node) -> int | None:
    """Returns the integer that `node` writes out, or None."""
    if node.kind == "negative":
        inner = integer(node.args[0])
        return -inner if inner is not None else None
    if node.kind != "number":
        return None
    value: Fraction = node.value.value
    return int(value) if value.denominator == 1 else None


def symbols(node: Node) -> frozenset[str]:
    """Returns the names of all symbols in `node`."""
    if node.kind == "symbol":
        return frozenset((node.value,))
    return frozenset().union(*(symbols(arg) for arg in node.args))
