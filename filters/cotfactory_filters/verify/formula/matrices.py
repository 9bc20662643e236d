"""Carries out sums and multiples of matrices, so that one matrix is compared."""

from collections.abc import Callable

from cotfactory_filters.verify.formula.nodes import PAIR, Node

MAX_DETERMINANT = 4
Rows = list[list[Node]]


def matrices_combined(node: Node) -> Node:
    """Returns `node` as one matrix where it is a sum, multiple, product or transpose of some."""
    if node.kind == "call" and node.value == "det":
        return _determinant(_rows(node.args[0])) or node
    rows = _rows(node) if _holds_matrix(node) and node.kind != "matrix" else None
    if rows is None:
        return node
    return Node("matrix", tuple(Node("list", tuple(row)) for row in rows))


def _determinant(rows: Rows | None) -> Node | None:
    """Expands a small determinant along its first row."""
    if not rows or len(rows) != len(rows[0]) or len(rows) > MAX_DETERMINANT:
        return None
    if len(rows) == 1:
        return rows[0][0]
    terms = []
    for at, entry in enumerate(rows[0]):
        minor = _determinant([[*row[:at], *row[at + 1 :]] for row in rows[1:]])
        if minor is None:
            return None
        term = Node("product", (entry, minor))
        terms.append(Node("negative", (term,)) if at % 2 else term)
    return Node("sum", tuple(terms))


def _holds_matrix(node: Node) -> bool:
    if node.kind == "matrix":
        return True
    below = node.kind in ("sum", "product", "negative", "quotient", "power")
    return below and any(_holds_matrix(arg) for arg in node.args)


def _rows(node: Node) -> Rows | None:
    reader = _READERS.get(node.kind)
    return reader(node) if reader else None


def _written(node: Node) -> Rows:
    return [list(row.args) for row in node.args]


def _negative(node: Node) -> Rows | None:
    return _each(_rows(node.args[0]), lambda entry: Node("negative", (entry,)))


def _divided(node: Node) -> Rows | None:
    matrix, divisor = node.args
    if _holds_matrix(divisor):
        return None
    return _each(_rows(matrix), lambda entry: Node("quotient", (entry, divisor)))


def _transposed(node: Node) -> Rows | None:
    rows = _rows(node.args[0]) if node.args[1] == Node("symbol", value="T") else None
    return [list(column) for column in zip(*rows, strict=True)] if rows else None


def _each(rows: Rows | None, change: Callable[[Node], Node]) -> Rows | None:
    return [[change(entry) for entry in row] for row in rows] if rows else None


def _sum(node: Node) -> Rows | None:
    parts = [_rows(arg) for arg in node.args]
    first, *rest = parts
    for part in rest:
        if first is None or part is None or _shape(first) != _shape(part):
            return None
        first = [
            [Node("sum", pair) for pair in zip(*rows, strict=True)]
            for rows in zip(first, part, strict=True)
        ]
    return first


def _multiple(node: Node) -> Rows | None:
    """A scalar times one matrix, or the product of two."""
    matrices = [arg for arg in node.args if _holds_matrix(arg)]
    scalars = tuple(arg for arg in node.args if not _holds_matrix(arg))
    rows = _rows(matrices[0])
    if len(matrices) == PAIR:
        rows = _product(rows, _rows(matrices[1]))
    elif len(matrices) > PAIR:
        return None
    return _each(rows, lambda entry: Node("product", (*scalars, entry))) if scalars else rows


def _product(left: Rows | None, right: Rows | None) -> Rows | None:
    if left is None or right is None or _shape(left)[1] != _shape(right)[0]:
        return None
    columns = list(zip(*right, strict=True))
    return [
        [
            Node("sum", tuple(Node("product", pair) for pair in zip(row, column, strict=True)))
            for column in columns
        ]
        for row in left
    ]


def _shape(rows: Rows) -> tuple[int, int]:
    return len(rows), len(rows[0])


_READERS: dict[str, Callable[[Node], Rows | None]] = {
    "matrix": _written,
    "sum": _sum,
    "negative": _negative,
    "quotient": _divided,
    "power": _transposed,
    "product": _multiple,
}
