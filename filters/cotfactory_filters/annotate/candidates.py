"""Finds the answers that a thought states on its way."""

import re
from collections.abc import Iterator

from cotfactory_filters.verify.phrases import PHRASE

MAX_CHARS = 200  # what is longer is an explanation, not an answer
_BOX = "\\boxed{"
_ANCHORS = ((_BOX, 0), ("nswer", 1), ("答案", 0))  # with the characters of a phrase before it
_VERBS = (" is", " are", " would be", " must be")
_LAYOUT = re.compile(r"\\[()\[\],;!:]|\\(?:left|right|displaystyle|boxed)\b|[$\s{}*]")


def candidates(thought: str) -> list[str]:
    r"""Returns the stated answers in order, stripped of layout: what boxes and phrases hold.

    `\boxed{\dfrac 12}` and `The answer is $\frac12$.` give the same candidate.
    """
    found = sorted((at, text) for at, text in _stated(thought) if text)
    return [text for i, (at, text) in enumerate(found) if i == 0 or found[i - 1] != (at, text)]


def _stated(thought: str) -> Iterator[tuple[int, str]]:
    for anchor, lead in _ANCHORS:
        at = thought.find(anchor)
        while at >= 0:
            text = _boxed(thought, at) if anchor == _BOX else _phrased(thought, max(0, at - lead))
            # A phrase that ends in a box states what the box states.
            if text is not None and not (anchor != _BOX and _BOX in text):
                yield at, _plain(text)
            at = thought.find(anchor, at + len(anchor))


def _boxed(thought: str, at: int) -> str | None:
    depth = 0
    start = at + len(_BOX)
    for position in range(start - 1, min(len(thought), start + MAX_CHARS)):
        depth += {"{": 1, "}": -1}.get(thought[position], 0)
        if depth == 0:
            return thought[start:position]
    return None


def _phrased(thought: str, at: int) -> str | None:
    if thought[at] != "答" and not thought.startswith(_VERBS, at + len("answer")):
        return None
    phrase = PHRASE.match(thought, at, at + MAX_CHARS)
    return phrase["answer"] if phrase else None


def _plain(text: str) -> str:
    return _LAYOUT.sub("", text.replace("dfrac", "frac")).rstrip(".:")
