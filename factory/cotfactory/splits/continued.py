"""Journeys that the teacher goes on with itself, from its own wrong thought."""

from typing import NamedTuple

from cotfactory.splits.group import Sample
from cotfactory.splits.spans import Range, journey_spans
from cotfactory.splits.wrong import BREAK, WrongAttempt, on_the_way, whole_path, wrong_attempt
from cotfactory_schemas import Problem, Recipe, Span, Trace, Verdict


class Handed(NamedTuple):
    """What a wrong teacher is handed to go on from.

    `text` is its own raw text, prefill included, up to where the wrong path ends, then the
    reflection and an open paragraph. The trace that goes on from it keeps `reflection` as
    `extra["reflection"]`.
    """

    text: str
    reflection: str


def hand_back(problem: Problem, trace: Trace, verdict: Verdict, recipe: Recipe) -> Handed | None:
    """Returns what the teacher of a wrong trace is handed; None where the trace is not fit for it.

    The wrong path is cut after its first wrong step where that is known, as in stitched journeys.
    """
    attempt = _attempt(Sample(problem, trace, verdict, kept=False), recipe)
    if attempt is None:
        return None
    start = trace.raw.find(attempt.text)
    if start < 0:
        return None
    reflection = attempt.reflection(recipe.seed)
    path = trace.raw[: start + len(attempt.text)]
    # The open paragraph asks for more; after a full stop, small models end their turn.
    return Handed(path + BREAK + reflection + BREAK, reflection)


def continued_spans(sample: Sample, parent: Sample, recipe: Recipe) -> tuple[Span, ...]:
    """Returns the spans of a right trace that went on from its wrong parent's path.

    Empty where it is not one: it must start with words of the parent, cut anywhere, and go on with
    the reflection that was handed to it, but not to the answer that was called wrong.
    """
    if parent.status != "incorrect" or sample.status != "correct":
        return ()
    told, thought = _told(sample, parent, recipe), sample.turn.thought
    start = thought.find(told) if told else -1
    attempt = thought[: max(start, 0)].strip()
    if not attempt or not whole_path(parent).startswith(attempt):
        return ()
    end = start + len(told)
    if on_the_way(parent.extracted, thought[end:]):
        return ()
    return journey_spans(sample.turn, [Range(start, end)])


def _told(sample: Sample, parent: Sample, recipe: Recipe) -> str:
    """The reflection that the trace keeps, else the one that its parent gives today."""
    kept = sample.trace.extra.get("reflection")
    if isinstance(kept, str):
        return kept.strip()
    attempt = _attempt(parent, recipe)
    return attempt.reflection(recipe.seed) if attempt else ""


def _attempt(sample: Sample, recipe: Recipe) -> WrongAttempt | None:
    return wrong_attempt(sample, recipe.splits.journey)
