r"""Reads what stands between `\begin` and `\end`: matrices, and equations below each other."""

from cotfactory_filters.verify.formula.nodes import Node
from cotfactory_filters.verify.formula.reader import Reader
from cotfactory_filters.verify.formula.tokens import UnknownCommandError, UnreadableError

_MATRICES = frozenset(
    ("pmatrix", "bmatrix", "matrix", "vmatrix", "Bmatrix", "smallmatrix", "array")
)


class Environments(Reader):
    """Reads environments; what stands in their cells is read by the grammar built on it."""

    def statement(self) -> Node:
        """Reads what may stand between separators."""
        raise NotImplementedError

    def _begin(self) -> Node:
        name = self.take().text
        if name == "cases":
            return self._cases()
        if name not in _MATRICES:
            raise UnknownCommandError(f"unknown environment {name}")
        rows: list[tuple[Node, ...]] = []
        cells = [self.statement()]
        while not self.sees_kind("end"):
            if self.takes("&"):
                cells.append(self.statement())
            else:
                self.expect(r"\\")
                rows.append(tuple(cells))
                cells = [self.statement()] if not self.sees_kind("end") else []
        self.take()
        rows += [tuple(cells)] if cells else []
        if len({len(row) for row in rows}) != 1:
            raise UnreadableError("matrix rows of different lengths")
        matrix = Node("matrix", tuple(Node("list", row) for row in rows))
        return Node("call", (matrix,), "det") if name == "vmatrix" else matrix

    def _cases(self) -> Node:
        """Reads equations below each other, as a list."""
        rows = [self.statement()]
        while not self.sees_kind("end"):
            self.takes(",")
            self.expect(r"\\")
            if not self.sees_kind("end"):
                rows.append(self.statement())
        self.take()
        return Node("list", tuple(rows), ",") if len(rows) > 1 else rows[0]
