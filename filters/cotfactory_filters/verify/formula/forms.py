"""Answers that say a thing in a frame around it: the frame is taken off."""

from cotfactory_filters.verify.formula.nodes import CONSTANTS, Node, symbols
from cotfactory_filters.verify.formula.rewrite import substituted

_INTEGERS = frozenset("ZN")
_VECTORS = frozenset("nuvw")
_INTEGER_NAMES = frozenset("kmn")
_PARAMETER = "integer"
"""The name that all integer parameters get; no answer can be written so."""


def plain_form(node: Node) -> Node:
    r"""Returns what `node` says in the plainest form.

    `A(2, 3)` and `\vec{u}(1, 2)` name a point, as schools write in French and German: they are the
    equation `A = (2, 3)`. `x \in \{1, 2\}` is the set.
    """
    if node.kind == "list":
        return node._replace(args=tuple(_named_point(arg) for arg in node.args))
    if node.kind == "relation" and node.value == ("in",):
        name, values = node.args
        return values if name.kind == "symbol" and values.kind == "set" else node
    return _named_point(node)


def _named_point(node: Node) -> Node:
    if node.kind != "product" or node.args[-1].kind != "tuple" or len(node.args[-1].args) == 1:
        return node
    name = node.args[:-1]
    if any(part.kind != "symbol" or not _names_a_point(part.value) for part in name):
        return node
    label = name[0] if len(name) == 1 else Node("product", name)
    return Node("relation", (label, node.args[-1]), ("=",))


def _names_a_point(name: str) -> bool:
    """Whether a symbol before coordinates is a point or a vector, and no factor."""
    return name[:1].isupper() or name[:1] in _VECTORS


def with_one_parameter(one: Node, other: Node) -> tuple[Node, Node]:
    r"""Gives the integer parameters of two families of solutions one name.

    `\pi k, k \in \mathbb{Z}` is `\pi n, n \in \mathbb{Z}`. Where one side does not say what its
    parameter is, it is the one symbol that the other side does not have.
    """
    families = [_family(node) for node in (one, other)]
    if families == [None, None]:
        return _undeclared(one, other)
    bare = [
        family[0] if family else node for family, node in zip(families, (one, other), strict=True)
    ]
    names = [family[1] if family else None for family in families]
    for side in (0, 1):
        if names[side] is None:
            own = symbols(bare[side]) - symbols(bare[1 - side]) - CONSTANTS
            names[side] = names[1 - side] if not own else next(iter(own)) if len(own) == 1 else None
    if None in names:
        return one, other
    parameter = Node("symbol", value=_PARAMETER)
    renamed = [
        substituted(node, {name: parameter})
        for node, name in zip(bare, names, strict=True)
        if name is not None
    ]
    return renamed[0], renamed[1]


def _undeclared(one: Node, other: Node) -> tuple[Node, Node]:
    r"""Renames `k` and `n` in `k\pi` and `n\pi`, whose integers go without saying."""
    names = [symbols(node) - {"pi"} for node in (one, other)]
    periods = all(
        "pi" in symbols(node) and len(own) == 1
        for node, own in zip((one, other), names, strict=True)
    )
    if not periods or names[0] == names[1] or not names[0] | names[1] <= _INTEGER_NAMES:
        return one, other
    return one, substituted(
        other, {name: Node("symbol", value=next(iter(names[0]))) for name in names[1]}
    )


def _family(node: Node) -> tuple[Node, str] | None:
    """Returns the solutions and their parameter, if `node` ends by saying that it is an integer."""
    if node.kind != "list":
        return None
    *solutions, last = node.args
    if last.kind != "relation" or last.value != ("in",):
        return None
    name, where = last.args
    integers = where.kind in ("numbers", "symbol") and where.value in _INTEGERS
    if name.kind != "symbol" or not integers or not solutions:
        return None
    return (
        solutions[0] if len(solutions) == 1 else node._replace(args=tuple(solutions))
    ), name.value
