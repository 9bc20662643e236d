"""Checks on what a teacher writes into a journey: nothing lost, nothing changed or given away."""

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from cotfactory.splits.assistant import has_tags
from cotfactory.splits.stitched import Draft
from cotfactory.splits.wrong import in_script_of

MAX_REFLECTION_CHARS = 800
LONGEST = 3  # times the draft's part, and a little: what is longer goes round in circles
SPARE_CHARS = 200
SAME_WORDS = 0.6  # the share of a step's words that must be found where it survives
WINDOW = 3  # how many sentences one step may be spread over

_WORD = re.compile(r"\w{4,}")
_STEP = re.compile(r"[^\n.!?。！？]+(?:[.!?](?!\s)[^\n.!?。！？]*)*")
_NUMBER = re.compile(r"\d+(?:,\d{3})+(?:\.\d+)?|\d+(?:\.\d+)?")
_TERM = re.compile(r"[\u3040-\u30ff\u4e00-\u9fff]|[^\W\d_]+")


def objection(text: str, draft: Draft, place: int) -> str | None:
    """Returns why `text` is no reflection on the attempt at `place`; None if it is one.

    It must name what fails, in the script of the problem, and must not give the right answer
    away: a thought that knows it before it is worked out teaches to guess. What the failed check
    says may be said.
    """
    attempt, right = draft.wrong[place], draft.right
    checked = list(attempt.failure.values.values())
    known = "\n".join([right.problem.prompt, attempt.text, *checked])
    refused = {
        "empty": not text.strip(),
        "too_long": len(text) > MAX_REFLECTION_CHARS,
        "tags": has_tags(text) or "\\boxed" in text,
        "other_script": not in_script_of(text, right.problem.language),
        "names_nothing": not _names_one_of(text, checked),
        "gives_away": _gives_away(text, right.extracted, known),
    }
    return next((reason for reason, holds in refused.items() if holds), None)


def smoothing_objection(parts: Sequence[str], smoothed: Sequence[str], draft: Draft) -> str | None:
    """Returns why `smoothed` does not stand for the draft's `parts`; None if it does.

    Part by part: every step is there in its order, no number is new, wrong ones stay wrong.
    Whether the answer is still right is for a verifier to say.
    """
    if len(parts) != len(smoothed):
        return "parts_lost"
    problem = draft.right.problem
    known = problem.prompt
    for place, (before, after) in enumerate(zip(parts, smoothed, strict=True)):
        known = f"{known}\n{before}"
        told = objection(after, draft, place // 2) if place % 2 else None
        refused = {
            "empty": not after.strip(),
            "tags": has_tags(after),
            "too_long": len(after) > LONGEST * len(before) + SPARE_CHARS,
            "other_script": in_script_of(before, problem.language)
            and not in_script_of(after, problem.language),
            "new_values": not set(_numbers(after)) <= set(_numbers(known)),
            "steps_lost": not place % 2 and first_lost_step(before, after) is not None,
            told or "": told is not None,
        }
        if reason := next((reason for reason, holds in refused.items() if holds), None):
            return reason
    return None


def first_lost_step(draft: str, smoothed: str) -> str | None:
    """Returns the first step of the draft's text that the smoothed text lost; None if none is.

    A step is a line or a sentence. It survives where, behind the step before it, a few sentences
    hold its numbers in their order and most of its words.
    """
    kept = _Kept(list(_steps(smoothed)))
    at = _Place(0, 0)
    for step in _steps(draft):
        found = next(kept.places_of(step, at), None)
        if found is None:
            return step.text
        at = found
    return None


class _Step(NamedTuple):
    text: str
    numbers: list[str]
    terms: Counter[str]


class _Place(NamedTuple):
    """How far a text has been used up: the sentence, and the number, to go on from."""

    sentence: int
    number: int


class _Kept:
    """The smoothed text: its sentences, and all its numbers with the sentence of each."""

    def __init__(self, sentences: Sequence[_Step]) -> None:
        self._sentences = sentences
        self._numbers = [(i, n) for i, s in enumerate(sentences) for n in s.numbers]

    def places_of(self, step: _Step, at: _Place) -> Iterator[_Place]:
        """Yields what follows each place from `at` on where the step survives."""
        if not step.numbers:
            for sentence in range(at.sentence, len(self._sentences)):
                if self._worded(step, sentence):
                    yield _Place(sentence, at.number)
            return
        for start in range(at.number, len(self._numbers)):
            sentence, number = self._numbers[start]
            end = self._matched(step, start) if number == step.numbers[0] else 0
            if end and self._worded(step, max(at.sentence, sentence - 1)):
                yield _Place(sentence, end)

    def _matched(self, step: _Step, start: int) -> int:
        """The place behind the step's numbers, looked for from `start` on; 0 if not near it."""
        last = self._numbers[start][0] + WINDOW
        wanted = iter(step.numbers)
        number = next(wanted)
        for at in range(start, len(self._numbers)):
            sentence, here = self._numbers[at]
            if sentence >= last:
                return 0
            if here == number and (number := next(wanted, "")) == "":
                return at + 1
        return 0

    def _worded(self, step: _Step, sentence: int) -> bool:
        near = self._sentences[sentence : sentence + WINDOW + 1]
        terms = sum((s.terms for s in near), Counter[str]())
        return (step.terms & terms).total() >= SAME_WORDS * step.terms.total()


def _steps(text: str) -> Iterator[_Step]:
    for found in _STEP.findall(text):
        step = _Step(found.strip(), _numbers(found), Counter(_TERM.findall(found.casefold())))
        if step.numbers or step.terms:
            yield step


def _numbers(text: str) -> list[str]:
    return [number.replace(",", "") for number in _NUMBER.findall(text)]


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
