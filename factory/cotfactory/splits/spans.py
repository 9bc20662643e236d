"""Where the parts of a journey stand in its assistant turn."""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from cotfactory.splits.assistant import THOUGHT_START, Turn
from cotfactory_schemas import Span


class Range(NamedTuple):
    """Characters [start, end) of a thought."""

    start: int
    end: int


def journey_spans(turn: Turn, reflections: Sequence[Range]) -> tuple[Span, ...]:
    """Returns spans that cover the turn from the thought's start to its end, without a gap.

    Up to each reflection stands a wrong attempt; after the last one, the correct path, with the
    answer. Empty when there is no reflection or nothing of the thought is left after the last.
    """
    if not reflections or not turn.thought[reflections[-1].end :].strip():
        return ()
    return tuple(_covering(reflections, len(turn.text) - THOUGHT_START))


def _covering(reflections: Sequence[Range], end: int) -> Iterator[Span]:
    at = THOUGHT_START
    for reflection in reflections:
        start, stop = reflection.start + THOUGHT_START, reflection.end + THOUGHT_START
        yield Span(start=at, end=start, role="wrong_attempt", status="incorrect")
        yield Span(start=start, end=stop, role="reflection")
        at = stop
    yield Span(start=at, end=end + THOUGHT_START, role="correct_path", status="correct")
