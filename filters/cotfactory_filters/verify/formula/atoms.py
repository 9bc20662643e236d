"""The smallest parts of a formula: numbers, symbols, functions, brackets, matrices."""

from fractions import Fraction

from cotfactory_filters.verify.formula.derivatives import quotient_or_derivative
from cotfactory_filters.verify.formula.environments import Environments
from cotfactory_filters.verify.formula.nodes import Node, integer
from cotfactory_filters.verify.formula.numbers import Number, read_number
from cotfactory_filters.verify.formula.tokens import (
    Token,
    UnknownCommandError,
    UnreadableError,
    is_product,
)

CLOSERS = {"(": (")", "]"), "[": ("]", ")"), r"\{": (r"\}",)}
_ONE_SIDED = {"lfloor": ("rfloor", "floor"), "lceil": ("rceil", "ceil")}
CURRENCIES = frozenset("$€£¥")
_SEPARATORS = (",", ";")
MAX_PERIOD = 50


class Atoms(Environments):
    """Reads atoms; what may stand between brackets is read by the grammar built on it."""

    def sum(self) -> Node:
        """Reads terms joined by + and -."""
        raise NotImplementedError

    def factor(self) -> Node:
        """Reads one factor with its powers and postfixes."""
        raise NotImplementedError

    def argument_of_function(self) -> Node:
        """Reads what a function is applied to."""
        raise NotImplementedError

    def starts_atom(self) -> bool:
        """Whether an atom begins here, so that two in a row are a product."""
        if self.sees_kind("number", "symbol", "function", "begin"):
            return True
        if self.sees_kind("command"):
            return self.here.text in _COMMANDS
        if self.sees_kind("text"):
            return len(self.here.text) > 1 and is_product(self.here.text)
        return self.sees("(", "[", r"\{", "{", *_ONE_SIDED) or (self.sees("|") and not self._bars)

    def atom(self) -> Node:
        """Reads one atom."""
        self.deeper()
        try:
            token = self.here
            if self.at_end:
                raise UnreadableError("the formula ends too early")
            return getattr(self, f"_{token.kind}")()  # type: ignore[no-any-return]
        finally:
            self.back()

    def group(self) -> Node:
        r"""Reads the argument of a command: `{…}`, or one digit, letter or command."""
        if self.takes("{"):
            inner = self.statement()
            self.expect("}")
            return inner
        self.split_number()
        return self.atom()

    def items(self, *closers: str) -> tuple[list[Node], str]:
        """Reads statements parted by commas, and the closing bracket."""
        items = [self.statement()]
        while self.takes(*_SEPARATORS, "and", "or"):
            items.append(self.statement())
        return items, self.expect(*closers).text

    def _number(self) -> Node:
        token = self.take()
        if self.sees_kind("command") and self.here.text == "overline":
            return self._repeating(token)
        number = read_number(token.text.rstrip("."))
        if number is None:
            raise UnreadableError("a number of too many digits")
        node = Node("number", value=number)
        if number.decimals is None and number.value.denominator == 1:
            return self._mixed(node)
        return node

    def _repeating(self, start: Token) -> Node:
        r"""Reads `0.1\overline{6}`, where the digits under the line repeat for ever."""
        self.take()
        self.expect("{")
        period = self.take().text
        self.expect("}")
        if "." not in start.text or not period.isdigit() or len(period) > MAX_PERIOD:
            raise UnreadableError("an overline that is no period")
        before = start.text.partition(".")[2]
        tail = Fraction(int(period), 10 ** len(before) * (10 ** len(period) - 1))
        return Node("number", value=Number(Fraction(start.text.rstrip(".")) + tail, None))

    def _mixed(self, whole: Node) -> Node:
        r"""Reads `1 1/2` and `1\frac{1}{2}`, where the fraction is proper and all are integers."""
        slash, below = self.ahead(1), self.ahead(2)
        if self.here.kind == "number" and self.here.spaced and slash.text == "/":
            fraction = read_number(self.here.text + "/" + below.text)
            if fraction is None or fraction.value >= 1 or below.kind != "number":
                raise UnreadableError("two numbers without an operator")
            for _ in range(3):
                self.take()
            return Node("number", value=Number(whole.value.value + fraction.value, None))
        if self.sees_kind("command") and self.here.text in _FRACTIONS:
            fraction_node = self._command()
            top, bottom = (integer(arg) for arg in fraction_node.args)
            if top is None or bottom is None or not 0 <= top < bottom:
                return Node("product", (whole, fraction_node))
            mixed = whole.value.value + Fraction(top, bottom)
            return Node("number", value=Number(mixed, None))
        return whole

    def _symbol(self) -> Node:
        name = self.take().text
        if name == "infinity":
            return Node("infinity")
        if name == "emptyset":
            return Node("set")
        return Node("symbol", value=name)

    def _text(self) -> Node:
        r"""Reads short bare letters as variables: `ab`. Longer runs are words, not formulas."""
        run = self.here.text
        if run in CURRENCIES:
            self.take()
            return Node("quantity", (self.factor(),), run)
        if is_product(run):
            self.split_letters()
            return self._symbol()
        return Node("symbol", value=self._label())

    def _label(self) -> str:
        """Reads the words before an equals sign as a name: `total area = 5`."""
        words = [self.take().text]
        while self.sees_kind("text"):
            words.append(self.take().text)
        if not self.sees("="):
            raise UnreadableError(f"{words[0]!r} is no formula")
        return " ".join(words)

    def _function(self) -> Node:
        name = self.take().text
        if name == "sqrt":
            return self._root()
        base = None
        if name == "log" and self.takes("_"):
            base = self.group()
        power = self.group() if self.takes("^") else None
        if name == "log" and base is None and self.takes("_"):
            base = self.group()
        called = Node("call", self._arguments(), name)
        if base is not None:
            called = Node("quotient", (called, Node("call", (base,), "log")))
        if power is None:
            return called
        if integer(power) == -1:  # sin^{-1} is the inverse, not the reciprocal
            return Node("call", called.args, "a" + name)
        return Node("power", (called, power))

    def _arguments(self) -> tuple[Node, ...]:
        if self.takes("{"):
            items, _ = self.items("}")
            return tuple(items)
        if self.takes("("):
            items, _ = self.items(")")
            return tuple(items)
        return (self.argument_of_function(),)

    def _root(self) -> Node:
        degree = None
        if self.takes("["):
            degree = self.sum()
            self.expect("]")
        if self.takes("("):
            radicand = self.sum()
            self.expect(")")
        else:
            radicand = self.group()
        return Node("call", (radicand,) if degree is None else (radicand, degree), "root")

    def _command(self) -> Node:
        name = self.take().text
        if name in _FRACTIONS:
            return quotient_or_derivative(self.group(), self.group())
        if name in _BINOMIALS:
            return Node("call", (self.group(), self.group()), "binomial")
        if name == "overline":
            return self.group()
        if name in _DOTS:
            return self._dotted(_DOTS[name])
        if name == "mathbb":
            letter = self.group()
            return Node("numbers", value=letter.value) if letter.value in _NUMBERS else letter
        raise UnknownCommandError(f"unknown command \\{name}")

    def _dotted(self, primes: str) -> Node:
        inner = self.group()
        if inner.kind != "symbol":
            raise UnreadableError("a dot on what is no symbol")
        return Node("symbol", value=inner.value + primes)

    def _operator(self) -> Node:
        token = self.take()
        if token.text in _ONE_SIDED:
            closer, name = _ONE_SIDED[token.text]
            inner = self.sum()
            self.expect(closer)
            return Node("call", (inner,), name)
        if token.text == "|":
            return self._absolute()
        if token.text == "{":
            return self._braces()
        if token.text == r"\{":
            return self._set()
        if token.text in CLOSERS:
            return self._brackets(token.text)
        raise UnreadableError(f"unexpected {token.text!r}")

    def _absolute(self) -> Node:
        self._bars += 1
        inner = self.sum()
        self.expect("|")
        self._bars -= 1
        return Node("call", (inner,), "abs")

    def _braces(self) -> Node:
        """Reads `{…}`: a group, or a set typed without its backslashes."""
        if self.sees_kind("symbol") and self.ahead(1).text in ("|", ":"):
            return self._set("}")
        items, _ = self.items("}")
        return items[0] if len(items) == 1 else Node("set", tuple(items))

    def _set(self, closer: str = r"\}") -> Node:
        r"""Reads `\{…\}`; a set by a condition is its condition: `\{x | x > 0\}`."""
        if self.takes(closer):
            return Node("set")
        self._bars += 1
        items = [self.statement()]
        while self.takes(*_SEPARATORS):
            items.append(self.statement())
        if self.takes("|", ":"):
            condition, _ = self.items(closer)
            self._bars -= 1
            return condition[0] if len(condition) == 1 else Node("list", tuple(condition), "and")
        self.expect(closer)
        self._bars -= 1
        return Node("set", tuple(items))

    def _brackets(self, opener: str) -> Node:
        bars, self._bars = self._bars, 0
        items, closer = self.items(*CLOSERS[opener])
        self._bars = bars
        if len(items) == 1 and (opener, closer) in (("(", ")"), ("[", "]")):
            return items[0]
        return Node("tuple", tuple(items), opener + closer)


_NUMBERS = frozenset("RZNQCH")
_FRACTIONS = ("frac", "dfrac", "tfrac", "cfrac")
_BINOMIALS = ("binom", "dbinom", "tbinom")
_DOTS = {"dot": "'", "ddot": "''"}
_COMMANDS = frozenset((*_FRACTIONS, *_BINOMIALS, *_DOTS, "overline", "mathbb"))
