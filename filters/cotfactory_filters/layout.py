"""Reads a teacher's raw text into thought and answer, whatever tags it used."""

from dataclasses import dataclass
from typing import NamedTuple


class Template(NamedTuple):
    """The text around the thought and the answer: `before` thought `between` answer `after`."""

    before: str
    between: str
    after: str


@dataclass(frozen=True)
class Layout:
    """A raw text, read. `reasoning` and `response` are exact substrings of it.

    `closed` is False when a thought was opened and never closed, as in a truncated text; then all
    of the rest is thought. `clean` is False when tags of the layout stand where they should not:
    a second thought, text outside the sections, a stray opener or closer.
    """

    name: str
    reasoning: str
    response: str
    closed: bool = True
    clean: bool = True
