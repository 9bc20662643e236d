"""The grammar of answers: a whitelist. What it does not know, it does not read.

answer    = statement { (, | ; | and | or) statement }
statement = union { (= | < | <= | …) union }
union     = sum { (∪ | ∩ | ∖) sum }
sum       = [±] term { (+ | - | ±) term }
term      = factor { [* | /] factor }
factor    = [-] atom { ! | % | ° | ' | _ index | ^ exponent }
"""

from cotfactory_filters.verify.formula.atoms import Atoms
from cotfactory_filters.verify.formula.nodes import CONSTANTS, Kind, Node, integer
from cotfactory_filters.verify.formula.tokens import Token, UnreadableError, tokens

RELATIONS = ("=", "<", ">", "<=", ">=", "!=", "in")
_ENDS = (",", ";", "and", "or", ")", "]", "}", r"\}", "&", r"\\", "|", *RELATIONS)
_SET_OPERATORS: dict[str, Kind] = {
    "union": "union",
    "intersection": "intersection",
    "minus": "minus",
}
_REMARKS = frozenset(("for", "where", "with", "for all"))
MIN_BASE, MAX_BASE = 2, 36


class Grammar(Atoms):
    """Reads an answer from its tokens."""

    def answer(self) -> Node:
        """Reads all of it."""
        items, joints = [self.statement()], []
        while not self.at_end and not self._at_remark():
            joint = self.expect(",", ";", "and", "or", r"\\").text
            if not self.sees("and", "or"):
                items.append(self.statement())
            joints.append(joint)
        if len(items) == 1:
            return items[0]
        words = {j for j in joints if j in ("and", "or")}
        return Node("list", tuple(items), words.pop() if len(words) == 1 else ",")

    def _at_remark(self) -> bool:
        """Whether a condition follows, as in `1/s for s > 0`; it says where, not what."""
        return self.sees_kind("text") and self.here.text.lower() in _REMARKS

    def statement(self) -> Node:
        """Reads sides joined by relations, or one expression."""
        self.deeper()
        sides, operators = [self._union()], []
        while relation := self.takes(*RELATIONS):
            operators.append(relation.text)
            sides.append(self._union())
        self.back()
        made = sides[0] if not operators else Node("relation", tuple(sides), tuple(operators))
        return self._modulo(made)

    def _modulo(self, residue: Node) -> Node:
        r"""Reads the `\pmod 7` behind a residue or a congruence, if there is one."""
        if not (self.sees_kind("command") and self.here.text == "pmod"):
            return residue
        self.take()
        return Node("residue", (residue, self.group()))

    def sum(self) -> Node:
        """Reads terms joined by +, - and ±."""
        terms = [self._first_term()]
        while sign := self.takes("+", "-", "±", "∓"):
            term = self._term()
            if sign.text in "±∓":
                terms = [Node("plusminus", (_joined("sum", terms), term), sign.text)]
            else:
                terms.append(Node("negative", (term,)) if sign.text == "-" else term)
        return _joined("sum", terms)

    def factor(self) -> Node:
        """Reads one factor with its sign, indices, powers and postfixes."""
        if self.takes("-"):
            self.deeper()
            inner = Node("negative", (self.factor(),))
            self.back()
            return inner
        if self.takes("+"):
            return self.factor()
        node, before = self.atom(), None
        while node != before:
            before = node
            node = self._marked(self._suffixed(node))
        return node

    def _suffixed(self, node: Node) -> Node:
        """Reads an index, an exponent or the argument of a named function, if one follows."""
        if self.takes("_"):
            return _indexed(node, self._index())
        if self.takes("^"):
            return self._raised(node)
        if self._at_argument_of(node):
            return Node("symbol", value=f"{node.value}({self._argument()})")
        return node

    def _marked(self, node: Node) -> Node:
        """Reads a mark behind, if there is one: a factorial, a prime, a percent sign."""
        if self.takes("!"):
            return Node("call", (node,), "factorial")
        if self.takes("'"):
            return _indexed(node, "'")
        return Node("percent", (node,)) if self.takes("%") else node

    def argument_of_function(self) -> Node:
        r"""Reads the factors after a function's name, up to the next operator or function."""
        factors = [self.factor()]
        while self.starts_atom() and not self.sees_kind("function"):
            factors.append(self.factor())
        return _joined("product", factors)

    def _first_term(self) -> Node:
        if sign := self.takes("±", "∓"):
            return Node("plusminus", (self._term(),), sign.text)
        return self._term()

    def _union(self) -> Node:
        made = self._ratio()
        while operator := self.takes(*_SET_OPERATORS):
            made = Node(_SET_OPERATORS[operator.text], (made, self._ratio()))
        return made

    def _ratio(self) -> Node:
        parts = [self._with_unit(self.sum())]
        while not self._bars and self.takes(":"):
            parts.append(self._with_unit(self.sum()))
        return parts[0] if len(parts) == 1 else Node("ratio", tuple(parts))

    def _term(self) -> Node:
        factors = [self.factor()]
        while not self.at_end:
            if self._at_unit():
                factors = [self._with_unit(_joined("product", factors))]
            elif self.takes("*"):
                factors.append(self.factor())
            elif operator := self.takes("/", "mod"):
                left, right = _joined("product", factors), self.factor()
                divides = operator.text == "/"
                factors = [Node("quotient" if divides else "call", (left, right), operator.text)]
            elif self.starts_atom() and (self.here.kind != "number" or self.ahead(-1).text == ")"):
                factors.append(self.factor())
            else:
                break
        return _joined("product", factors)

    def _raised(self, base: Node) -> Node:
        if self.sees_kind("command") and self.here.text in ("circ", "degree"):
            self.take()
            return Node("degree", (base,))
        if self.here.text == "{" and self.ahead(1).text in ("circ", "degree"):
            for _ in range(2):
                self.take()
            self.expect("}")
            return Node("degree", (base,))
        if self.here.text == "{" and self.ahead(1).text == "'":
            return _indexed(base, self._index())
        if self.sees("-"):
            return Node("power", (base, self.factor()))
        exponent = self.group() if not self.sees_kind("number") else self.atom()
        if self.takes("^"):  # 2^3^2 is 2^9
            self.deeper()
            exponent = self._raised(exponent)
            self.back()
        return Node("power", (base, exponent))

    def _at_argument_of(self, node: Node) -> bool:
        """Whether `(t)` follows a symbol: v(t) is one name, the function v."""
        if node.kind != "symbol" or "(" in node.value or node.value in CONSTANTS:
            return False
        return self.sees("(") and self.ahead(1).kind == "symbol" and self.ahead(2).text == ")"

    def _argument(self) -> str:
        _, name, _ = self.take(), self.take(), self.take()
        return name.text

    def _index(self) -> str:
        """Reads an index as it is written; it names, and is not computed."""
        if not self.takes("{"):
            self.split_number()
            return self.take().text
        parts: list[str] = []
        while not self.sees("}", "{", ""):
            parts.append(self.take().text)
        self.expect("}")
        return "".join(parts)

    def _at_unit(self) -> bool:
        """Whether words follow: bare letters that may be variables are symbols already."""
        return self.sees_kind("text") and not self._at_remark()

    def _with_unit(self, value: Node) -> Node:
        """Reads the words after a number up to the next separator as its unit."""
        if not self._at_unit():
            return value
        words: list[str] = []
        while not self.at_end and not self.sees(*_ENDS, "+", "-", "*", ":"):
            if self.sees_kind("number"):
                raise UnreadableError("a number among the words of a unit")
            words.append(_written(self.take()))
            if words[-1] == "^":
                words += self._unit_power()
        return Node("quantity", (value,), " ".join(words))

    def _unit_power(self) -> list[str]:
        power = integer(self.group())
        if power is None:
            raise UnreadableError("a unit with a power that is no integer")
        return [str(power)]


def read(text: str, language: str = "en") -> Node:
    """Reads an answer.

    Raises:
        UnreadableError: it is no formula of the grammar.
    """
    return Grammar(tokens(text, language)).answer()


def _written(token: Token) -> str:
    if token.kind == "command":
        raise UnreadableError(f"\\{token.text} in a unit")
    return token.text


def _joined(kind: Kind, parts: list[Node]) -> Node:
    return parts[0] if len(parts) == 1 else Node(kind, tuple(parts))


def _indexed(node: Node, index: str) -> Node:
    """Joins an index to its symbol's name, also behind its power, or a base to its digits."""
    if node.kind == "power" and node.args[0].kind == "symbol":
        return Node("power", (_indexed(node.args[0], index), node.args[1]))
    if node.kind == "symbol":
        return Node("symbol", value=node.value + (index if index[:1] == "'" else f"_{index}"))
    digits = integer(node)
    if index.isdigit() and digits is not None and MIN_BASE <= int(index) <= MAX_BASE:
        return Node("based", value=(digits, int(index)))
    raise UnreadableError("an index on what is no symbol")
