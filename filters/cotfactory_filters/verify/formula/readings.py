"""The ways in which an answer may be read, and whether any of them is the reference."""

import functools
import re
from collections.abc import Iterator, Sequence

from cotfactory_filters.verify.formula.characters import plain_characters
from cotfactory_filters.verify.formula.compare import same
from cotfactory_filters.verify.formula.conventions import spellings
from cotfactory_filters.verify.formula.grammar import read
from cotfactory_filters.verify.formula.nodes import CONSTANTS, Node, integer, symbols
from cotfactory_filters.verify.formula.scalars import Same
from cotfactory_filters.verify.formula.tokens import UnknownCommandError, UnreadableError
from cotfactory_filters.verify.formula.units import single_letter_unit
from cotfactory_filters.verify.phrases import PROSE_WORD, mentions, stated

_TIGHT_COMMA = re.compile(r"(?<=\d),(?=\d{3}(?!\d))")
_NO_PROSE = re.compile(r"[^\w\s.,:;()$%-]|_")


@functools.lru_cache(maxsize=2048)  # a run asks for a problem's reference again and again
def readings(text: str, language: str) -> tuple[Node, ...]:
    r"""Returns the trees that `text` may mean, the likeliest first; empty when it is no formula.

    `1,234` is a number first and a list second. `5\;m` is a product first and a quantity second.
    Of a sentence, its last formula or number is meant.
    """
    found: list[Node] = []
    for spelling, spoken in _spellings(text, language):
        found += _read(spelling, spoken)
    if not found and (mention := from_prose(text)):
        found += _read(mention, language)
    return tuple(found)


def _read(text: str, language: str) -> list[Node]:
    try:
        node = read(text, language)
    except (UnreadableError, RecursionError):
        return []
    return [node, *_as_quantity(node)]


def is_broken(text: str, language: str) -> bool:
    """Whether `text` is no formula in any grammar: more is wrong than a command we do not know."""
    try:
        read(text, language)
    except UnknownCommandError:
        return False
    except (UnreadableError, RecursionError):
        return True
    return False


def any_same(references: Sequence[Node], answers: Sequence[Node]) -> Same:
    """Compares all readings: YES when two agree, NO when all pairs surely differ."""
    unknown = not references or not answers
    for reference in references:
        for answer in answers:
            outcome = same(reference, answer)
            if outcome is Same.YES:
                return Same.YES
            unknown |= outcome is Same.UNKNOWN
    return Same.UNKNOWN if unknown else Same.NO


def _spellings(text: str, language: str) -> Iterator[tuple[str, str]]:
    yield text, language
    if _TIGHT_COMMA.search(text):
        yield _TIGHT_COMMA.sub(", ", text), language
    yield from spellings(plain_characters(text), language)


def from_prose(text: str) -> str | None:
    """Returns the formula or number of a sentence that has just one: `the largest n is 34`."""
    found = mentions(text)
    if len(found) != 1 or stated(text) is None:
        return None
    around = text.replace(found[0], " ")
    if _NO_PROSE.search(around) or not PROSE_WORD.search(around):
        return None
    return found[0].strip(" $")


def _as_quantity(node: Node) -> list[Node]:
    r"""Reads `576\pi\;m^{2}` as a quantity: a number times a letter that is a unit."""
    if node.kind == "quotient":  # 9.8 m/s^2
        per = _letter_unit(node.args[1])
        return [
            quantity._replace(value=f"{quantity.value} / {per}")
            for quantity in _as_quantity(node.args[0])
            if per
        ]
    unit = _letter_unit(node.args[-1]) if node.kind == "product" else ""
    if not unit:
        return []
    rest = node.args[:-1]
    value = rest[0] if len(rest) == 1 else Node("product", rest)
    if not symbols(value) <= CONSTANTS:
        return []
    return [Node("quantity", (value,), unit)]


def _letter_unit(node: Node) -> str:
    """Returns a letter that may be a unit, with its power; empty when it is none."""
    base, power = node.args if node.kind == "power" else (node, None)
    if base.kind != "symbol" or not single_letter_unit(base.value):
        return ""
    return str(base.value) if power is None else f"{base.value} ^ {integer(power)}"
