"""What the parts of the grammar share: the tokens, the place in them, and the depth."""

from cotfactory_filters.verify.formula.tokens import Kind, Token, UnreadableError

MAX_DEPTH = 40
_END = Token("operator", "", spaced=False)


class Reader:
    """A place in a list of tokens."""

    def __init__(self, tokens: list[Token]) -> None:
        self._tokens = tokens
        self._at = 0
        self._depth = 0
        self._bars = 0  # how many |…| are open

    @property
    def here(self) -> Token:
        """The next token; an empty operator at the end."""
        return self._tokens[self._at] if self._at < len(self._tokens) else _END

    @property
    def at_end(self) -> bool:
        """Whether all is read."""
        return self._at >= len(self._tokens)

    def ahead(self, steps: int) -> Token:
        """The token `steps` after the next one."""
        index = self._at + steps
        return self._tokens[index] if index < len(self._tokens) else _END

    def take(self) -> Token:
        """Takes the next token."""
        token = self.here
        self._at += 1
        return token

    def takes(self, *texts: str) -> Token | None:
        """Takes the next token if it is one of these operators."""
        if not self.at_end and self.here.kind == "operator" and self.here.text in texts:
            return self.take()
        return None

    def sees(self, *texts: str) -> bool:
        """Whether the next token is one of these operators."""
        return not self.at_end and self.here.kind == "operator" and self.here.text in texts

    def sees_kind(self, *kinds: Kind) -> bool:
        """Whether the next token is of one of these kinds."""
        return not self.at_end and self.here.kind in kinds

    def expect(self, *texts: str) -> Token:
        """Takes the next token, which has to be one of these operators."""
        token = self.takes(*texts)
        if token is None:
            raise UnreadableError(f"expected {' or '.join(texts)}, found {self.here.text!r}")
        return token

    def split_number(self) -> None:
        r"""Cuts the first digit off a number: `\frac12` is one half, `x^10` is left alone."""
        token = self.here
        if token.kind == "number" and len(token.text) > 1 and token.text.isdigit():
            first = Token("number", token.text[0], token.spaced)
            rest = Token("number", token.text[1:], spaced=False)
            self._tokens[self._at : self._at + 1] = [first, rest]

    def split_letters(self) -> None:
        """Cuts a run of bare letters into symbols."""
        run = self.here
        letters = [Token("symbol", letter, spaced=False) for letter in run.text]
        self._tokens[self._at : self._at + 1] = letters

    def deeper(self) -> None:
        """Counts one level down.

        Raises:
            UnreadableError: more than 40 levels, which no answer needs and recursion cannot bear.
        """
        self._depth += 1
        if self._depth > MAX_DEPTH:
            raise UnreadableError(f"nested deeper than {MAX_DEPTH} levels")

    def back(self) -> None:
        """Counts one level up."""
        self._depth -= 1
