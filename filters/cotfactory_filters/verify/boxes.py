r"""Reads `\boxed{…}` with nested braces."""

import re
from collections.abc import Iterator

_OPENERS = ("\\boxed", "\\fbox", "\\framebox")
_GLUE = re.compile(
    r"\\text(?:rm|bf|it)?\{\s*(?:and|or)\s*\}|\\q?quad|\\[,;:! ()\[\]]|\b(?:and|or)\b|[$,;、和或]"
    r"|[A-Za-z](?:_\{?\w+\}?)?\s*=|\s"
)
_JOINS = re.compile(r"and|or|[,;、和或]|\\q?quad")
MAX_GLUE_CHARS = 60
MAX_BOX_CHARS = 5000  # a box that is not closed after so many characters is none
MAX_BROKEN = 20  # so many broken boxes from the end, and nothing is sought before them


def last_boxes(text: str) -> tuple[int, str] | None:
    r"""Returns position and content of the last box of `text`, or None.

    Boxes that only a conjunction or comma parts are one answer given in pieces (`\boxed{2} and
    \boxed{3}`) and come back joined by commas.
    """
    boxes = _boxes_from_the_end(text)
    last = next(boxes, None)
    if last is None:
        return None
    start, _, content = last
    parts = [content]
    for before_start, before_end, before in boxes:
        gap = text[before_end:start]
        if len(gap) > MAX_GLUE_CHARS or not _JOINS.search(gap) or _GLUE.sub("", gap):
            break
        start = before_start
        if before not in parts:
            parts.insert(0, before)
    return start, ", ".join(parts)


def _boxes_from_the_end(text: str) -> Iterator[tuple[int, int, str]]:
    end, broken = len(text), 0
    while (
        broken < MAX_BROKEN
        and (start := max(text.rfind(opener, 0, end) for opener in _OPENERS)) >= 0
    ):
        box = _box_at(text, start)
        if box is None:
            broken += 1
        elif box[1].strip():
            yield start, *box
        end = start


def _box_at(text: str, start: int) -> tuple[int, str] | None:
    r"""Returns end and content of the box that opens at `start`; `\boxed 5` holds one token."""
    opening = re.compile(r"\\\w+\s*").match(text, start)
    if opening is None or opening.end() >= len(text):
        return None
    at = opening.end()
    if text[at] != "{":
        token = re.compile(r"[\w.]+").match(text, at)
        return (token.end(), token[0]) if token else None
    depth = 0
    for brace in re.compile(r"\\.|[{}]", re.DOTALL).finditer(text, at, at + MAX_BOX_CHARS):
        depth += {"{": 1, "}": -1}.get(brace[0], 0)
        if depth == 0:
            return brace.end(), text[at + 1 : brace.start()].strip()
    return None
