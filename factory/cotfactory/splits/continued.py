"""Journeys that the teacher went on with itself, from its own wrong thought."""

from cotfactory.splits.group import Sample
from cotfactory.splits.spans import Range, journey_spans
from cotfactory_schemas import Span


def continued_spans(sample: Sample, parent: Sample) -> tuple[Span, ...]:
    """Returns the spans of a right trace that starts with its wrong parent's thought.

    Behind that stands the reflection that the teacher was handed (`extra["reflection"]`), and
    behind that what it made of it. Empty where any of these is not so, as for a trace that
    continues one that was cut off at its limit.
    """
    reflection = sample.trace.extra.get("reflection")
    attempt, thought = parent.turn.thought, sample.turn.thought
    told = isinstance(reflection, str) and bool(reflection.strip())
    wrong = parent.status == "incorrect" and sample.status == "correct"
    if not (told and wrong and attempt and thought.startswith(attempt)):
        return ()
    text = str(reflection).strip()
    start = thought.find(text, len(attempt))
    if start < 0 or thought[len(attempt) : start].strip():
        return ()
    return journey_spans(sample.turn, [Range(start, start + len(text))])
