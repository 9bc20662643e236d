"""Checks on what a teacher writes into a journey: nothing lost, nothing given away."""

import re

from cotfactory.splits.assistant import has_tags
from cotfactory.splits.stitched import Draft
from cotfactory.splits.wrong import in_script_of
from cotfactory_schemas import SplitRow

MAX_REFLECTION_CHARS = 800

_WORD = re.compile(r"\w{4,}")


def objection(text: str, draft: Draft, place: int) -> str | None:
    """Returns why `text` is no reflection on the attempt at `place`; None if it is one.

    It must name what fails, in the script of the problem, and must not give the right answer
    away: a thought that knows it before it is worked out teaches to guess.
    """
    attempt, right = draft.wrong[place], draft.right
    refused = {
        "empty": not text.strip(),
        "too_long": len(text) > MAX_REFLECTION_CHARS,
        "tags": has_tags(text) or "\\boxed" in text,
        "other_script": not in_script_of(text, right.problem.language),
        "names_nothing": not _names_one_of(text, list(attempt.failure.values.values())),
        "gives_away": _gives_away(text, right.extracted, right.problem.prompt + attempt.text),
    }
    return next((reason for reason, holds in refused.items() if holds), None)


def lost_steps(draft: SplitRow, smoothed: SplitRow) -> list[str]:
    """Returns the lines of the draft's attempts and correct path that the smoothed row lost.

    They must stand there in their order; white space may differ.
    """
    text, at, lost = _spaced(smoothed.messages[-1].content), 0, []
    for step in _steps(draft):
        found = text.find(step, at)
        if found < 0:
            lost.append(step)
        else:
            at = found + len(step)
    return lost


def _steps(row: SplitRow) -> list[str]:
    content = row.messages[-1].content
    kept = [content[s.start : s.end] for s in row.spans if s.role != "reflection"]
    return [_spaced(line) for part in kept for line in part.split("\n") if line.strip()]


def _spaced(text: str) -> str:
    return " ".join(text.split())


def _names_one_of(text: str, values: list[str]) -> bool:
    """Whether a value stands in the text, or two of the longer words of one."""
    said = set(_WORD.findall(text.casefold()))
    return any(
        (value and value in text) or len(said & set(_WORD.findall(value.casefold()))) > 1
        for value in values
    )


def _gives_away(text: str, answer: str | None, known: str) -> bool:
    """Whether the right answer stands in the text, and not in what was known before."""
    if not answer:
        return False
    stated = re.compile(rf"(?<![\w.]){re.escape(answer)}(?!\w|\.\d)")
    return stated.search(text) is not None and stated.search(known) is None
