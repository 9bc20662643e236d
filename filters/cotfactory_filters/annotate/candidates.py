"""Finds the answers that a thought states on its way."""

import re
from collections.abc import Iterator

MAX_CHARS = 200  # what is longer is an explanation, not an answer
_BOX = "\\boxed{"
_PHRASES = {
    "nswer ": re.compile(r"nswer (?:is|are|would be|must be|should be)\b[\s:*]*"),
    "答案": re.compile(r"答案(?:是|为|：|:)[\s:*]*"),
}
_END = re.compile(r"\n|\.\s+\S|\.?\**\Z|。")
_LAYOUT = re.compile(r"\\[()\[\],;!:]|\\(?:left|right|displaystyle)\b|[$\s{}*]")


def candidates(thought: str) -> list[str]:
    r"""Returns the stated answers in order, stripped of layout: what boxes and phrases hold.

    `\boxed{\dfrac 12}` and `The answer is $\frac12$.` give the same candidate.
    """
    found = [
        *_boxed(thought),
        *(stated for anchor in _PHRASES for stated in _said(thought, anchor)),
    ]
    return [plain for _, text in sorted(found) if (plain := _plain(text))]


def _positions(thought: str, anchor: str) -> Iterator[int]:
    at = thought.find(anchor)
    while at >= 0:
        yield at
        at = thought.find(anchor, at + len(anchor))


def _boxed(thought: str) -> Iterator[tuple[int, str]]:
    for at in _positions(thought, _BOX):
        start = at + len(_BOX)
        depth = 1
        for position in range(start, min(len(thought), start + MAX_CHARS)):
            depth += {"{": 1, "}": -1}.get(thought[position], 0)
            if depth == 0:
                yield at, thought[start:position]
                break


def _said(thought: str, anchor: str) -> Iterator[tuple[int, str]]:
    for at in _positions(thought, anchor):
        phrase = _PHRASES[anchor].match(thought, at)
        if phrase is None:
            continue
        rest = thought[phrase.end() : phrase.end() + MAX_CHARS]
        end = _END.search(rest)
        # A phrase that ends in a box states what the box states.
        if end and _BOX not in rest[: end.start()]:
            yield at, rest[: end.start()]


def _plain(text: str) -> str:
    return _LAYOUT.sub("", text.replace("dfrac", "frac")).rstrip(".:")
