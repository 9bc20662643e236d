r"""Finds where a thought states a candidate answer.

A candidate is stated as *the answer*: `\boxed{…}`, or after a phrase such as "the answer is" in
one of several languages. Intermediate results are none: a wrong one is no wrong answer. What is
found is only a claim; a verifier judges it.
"""

import re
from collections.abc import Iterator
from typing import NamedTuple

MAX_CHARS = 200  # what is longer is an explanation, not an answer


class Candidate(NamedTuple):
    """An answer stated at characters [start, end) of a thought; `text` is the answer alone."""

    start: int
    end: int
    text: str


_STATED = (
    r"\banswer(?:\s+(?:to|for)\s[^.,;:\n]{1,60})?(?:\s+(?:is|of|(?:should|would|must)\s+be)|\s*[:=])",
    r"答案(?:应该|应|就|可能)?(?:是|为|[:：])",
    r"\b(?:Antwort|Lösung)(?:\s+(?:ist|lautet|wäre|müsste)|\s*:)",
    r"\bréponse(?:\s+(?:est|serait|doit\s+être|devrait\s+être)|\s*:)",
    r"\brespuesta(?:\s+(?:es|sería|debe\s+ser|debería\s+ser)|\s*:)",
    r"答え(?:は|が|[:：])",
    r"\bответ(?:\s*(?:[:—–-]|это|равен|будет))+",
)
_VALUE = (
    r"\$(?P<dollar>[^$\n]{1,200})\$"
    r"|\\\((?P<paren>[^\n]{1,200}?)\\\)"
    r"|\*\*(?P<bold>[^*\n]{1,200})\*\*"
    r"|`(?P<tick>[^`\n]{1,200})`"
    r"|(?P<number>[-−+]?\$?\d[\d,]*(?:\.\d+)?(?:\s*/\s*\d+)?\s*%?)"
    r"|\(?(?P<choice>(?-i:[A-J]))\)?(?![\w'])"
)
_FILLER = r"\s*(?:(?:therefore|then|thus|also|just|simply)\s*)?:?\s*(?:\*\*)?\s*"
_CLAIM = re.compile(rf"(?:{'|'.join(_STATED)}){_FILLER}(?:{_VALUE})", re.IGNORECASE)
_BOXED = re.compile(r"\\boxed\s*\{")
_LAYOUT = re.compile(r"\\[()\[\],;!:]|\\(?:left|right|displaystyle)\b|[$\s{}*]")

# Where a claim can start: a part of its first word that both cases share, and what goes before.
_ANCHORS = (
    ("nswer", 1), ("NSWER", 1), ("ntwort", 1), ("ösung", 1), ("éponse", 1), ("espuesta", 1),
    ("твет", 1), ("答案", 0), ("答え", 0),
)  # fmt: skip


def find_candidates(thought: str) -> list[Candidate]:
    """Returns the stated answers in order; of two that overlap, the earlier."""
    found = sorted([*_boxed(thought), *_claimed(thought)])
    kept: list[Candidate] = []
    for candidate in found:
        if not kept or candidate.start >= kept[-1].end:
            kept.append(candidate)
    return kept


def plain(text: str) -> str:
    r"""Returns an answer without layout: `\dfrac{1}{2}` and `$\frac12$` are one."""
    return _LAYOUT.sub("", text.replace("dfrac", "frac")).rstrip(".:")


def _boxed(thought: str) -> Iterator[Candidate]:
    for opened in _BOXED.finditer(thought):
        close = _closing_brace(thought, opened.end())
        text = thought[opened.end() : close].strip() if close else ""
        if close and text:
            yield Candidate(opened.start(), close + 1, text)


def _closing_brace(text: str, start: int) -> int | None:
    """Offset of the brace that closes the one before `start`, within MAX_CHARS."""
    depth = 1
    for at in range(start, min(len(text), start + MAX_CHARS)):
        depth += {"{": 1, "}": -1}.get(text[at], 0)
        if depth == 0:
            return at
    return None


def _claimed(thought: str) -> Iterator[Candidate]:
    for at in _anchored(thought):
        claim = _CLAIM.match(thought, at)
        text = next((v for v in claim.groupdict().values() if v), "").strip(" .,:") if claim else ""
        if claim and text and not _BOXED.search(text):
            yield Candidate(claim.start(), claim.end(), text)


def _anchored(thought: str) -> Iterator[int]:
    for anchor, lead in _ANCHORS:
        if thought.isascii() and not anchor.isascii():  # known without a look at the text
            continue
        at = thought.find(anchor)
        while at >= 0:
            yield max(at - lead, 0)
            at = thought.find(anchor, at + len(anchor))
