"""Small rewritings of trees, each of which keeps the meaning."""

from collections.abc import Mapping
from fractions import Fraction

from cotfactory_filters.verify.formula.derivatives import DERIVATIVE
from cotfactory_filters.verify.formula.nodes import CONSTANTS, PAIR, Node, symbols
from cotfactory_filters.verify.formula.numbers import Number


def substituted(node: Node, replacements: Mapping[str, Node]) -> Node:
    """Returns `node` with symbols replaced."""
    if node.kind == "symbol":
        return replacements.get(node.value, node)
    if not node.args:
        return node
    return node._replace(args=tuple(substituted(arg, replacements) for arg in node.args))


def both_signs(node: Node) -> tuple[Node, Node]:
    """Returns `node` with the upper and with the lower signs of its ±."""
    return _signed(node, upper=True), _signed(node, upper=False)


def _signed(node: Node, *, upper: bool) -> Node:
    args = tuple(_signed(arg, upper=upper) for arg in node.args)
    if node.kind != "plusminus":
        return node._replace(args=args)
    last = args[-1] if (node.value == "±") == upper else Node("negative", (args[-1],))
    return last if len(args) == 1 else Node("sum", (args[0], last))


def percents_as_parts(node: Node) -> Node:
    """Writes 28% as 28/100."""
    args = tuple(percents_as_parts(arg) for arg in node.args)
    if node.kind == "percent":
        return Node("quotient", (*args, Node("number", value=Number(Fraction(100), None))))
    return node._replace(args=args)


def has(node: Node, kind: str) -> bool:
    """Whether a node of `kind` stands anywhere in `node`."""
    return node.kind == kind or any(has(arg, kind) for arg in node.args)


def label_and_value(node: Node) -> tuple[Node, Node] | None:
    r"""Returns what an equation names and the value it gives it, or None.

    `x = 5`, `f(x) = 2x`, `\sin\theta = \frac12`, `5 = x`; of a chain of equations (a calculation)
    the last side is the value. What is named is a name: `7 = 11a + c` gives no value.
    """
    if node.kind != "relation" or set(node.value) != {"="}:
        return None
    first, last = node.args[0], node.args[-1]
    if len(node.args) > PAIR or _is_name(first) or _is_constant(last):
        return first, last
    return (last, first) if _is_constant(first) and _is_name(last) else None


_RISING = {">": "<", ">=": "<="}


def mirrored(node: Node) -> Node:
    """Returns an inequality from left to right, the smaller side first."""
    if node.kind != "relation" or not set(node.value) <= _RISING.keys():
        return node
    return Node("relation", node.args[::-1], tuple(_RISING[sign] for sign in node.value[::-1]))


def _is_constant(node: Node) -> bool:
    return not symbols(node) - CONSTANTS


def _is_name(node: Node) -> bool:
    """Whether `node` is a symbol, or made of symbols as names are: y^s, V(s)/U(s), (x, y)."""
    if node.kind == "symbol":
        return node.value not in CONSTANTS
    if node.kind == "quotient":
        return all(arg.kind == "symbol" and "(" in arg.value for arg in node.args)
    return node.kind in ("product", "power") and all(
        arg.kind in ("symbol", "tuple") for arg in node.args
    )


def in_parts(node: Node) -> Node:
    """Writes `(x, y) = (1, 2)` as `x = 1, y = 2`."""
    if node.kind != "relation" or node.value != ("=",):
        return node
    left, right = node.args
    if left.kind != "tuple" or right.kind != "tuple" or len(left.args) != len(right.args):
        return node
    pairs = zip(left.args, right.args, strict=True)
    return Node("list", tuple(Node("relation", pair, ("=",)) for pair in pairs), ",")


def aligned(one: Node, other: Node) -> Node:
    """Returns `other` with its symbols spelt as in `one` where only the spelling differs.

    Arbitrary constants come as c and C, an index as X_d and Xd, a function as v and v(t), a
    derivative as v' and dv/dt.
    """
    here, there = symbols(one), symbols(other)
    spellings = {_plain_name(name): name for name in here - there}
    renamed = {
        name: Node("symbol", value=spellings[_plain_name(name)])
        for name in there - here
        if _plain_name(name) in spellings
        and name not in CONSTANTS
        and not ("(" in name and "(" in spellings[_plain_name(name)])
    }
    letters = {name: name.replace("_", "") for name in there - here if "_" in name}
    renamed |= {
        name: Node("product", tuple(Node("symbol", value=c) for c in run))
        for name, run in letters.items()
        if name not in renamed and set(run) <= here
    }
    return substituted(other, renamed) if renamed else other


def _plain_name(name: str) -> str:
    derivative = DERIVATIVE.fullmatch(name)
    if derivative:
        return derivative[2].casefold() + "'" * int(derivative[1] or 1)
    return name.partition("(")[0].casefold()
