"""Finds the wrong attempts, reflections and the correct path inside one thought."""

import re
from collections.abc import Iterator

from cotfactory.splits.group import Sample
from cotfactory.splits.spans import Range, journey_spans
from cotfactory_filters.annotate.candidates import plain
from cotfactory_filters.annotate.cues import CUE
from cotfactory_schemas import Span

MAX_REFLECTION_CHARS = 400

_SENTENCE_END = re.compile(r"[.!?](?=\s)|[。！？\n]")


def natural_spans(sample: Sample) -> tuple[Span, ...]:
    """Returns the spans of a thought that states a wrong answer, sees it, and ends right.

    Empty where it does not. Every wrong attempt must state an answer that was verified wrong, and
    a word that opens a reflection must follow before another answer does; the trace as a whole
    must be verified right.
    """
    if sample.status != "correct":
        return ()
    return journey_spans(sample.turn, list(_turns(sample)))


def _turns(sample: Sample) -> Iterator[Range]:
    """Yields the reflection on each wrong candidate."""
    thought, candidates = sample.turn.thought, sample.candidates or ()
    reached = 0
    for here, judged in enumerate(candidates):
        stated = judged.candidate
        if judged.status != "incorrect" or stated.start < reached:
            continue
        if any(plain(c.candidate.text) == plain(stated.text) for c in candidates[here + 1 :]):
            continue  # it comes back to this answer: not seen to be wrong yet
        if _goes_on_to(thought, stated.end, sample.extracted):
            continue
        others = (c.candidate for c in candidates[here + 1 :])
        limit = next((o.start for o in others if o.text != stated.text), len(thought))
        cue = CUE.search(thought, stated.end, limit)
        if cue:
            begin = max(_sentence_start(thought, cue.start()), stated.end)
            reached = _reflection_end(thought, cue.end())
            yield Range(begin, reached)


def _goes_on_to(thought: str, at: int, answer: str | None) -> bool:
    """Whether the right answer stands later in the line: "the answer is 9/4, so m + n = 13"."""
    if not answer:
        return False
    line_end = thought.find("\n", at)
    rest = thought[at : line_end if line_end >= 0 else len(thought)]
    return re.search(rf"(?<!\w){re.escape(answer)}(?!\w)", rest) is not None


def _sentence_start(thought: str, at: int) -> int:
    ends = [m.end() for m in _SENTENCE_END.finditer(thought, max(0, at - 500), at)]
    start = ends[-1] if ends else at
    while start < at and thought[start].isspace():
        start += 1
    return start


def _reflection_end(thought: str, at: int) -> int:
    """The end of the paragraph, or of the last sentence before MAX_REFLECTION_CHARS."""
    paragraph = thought.find("\n", at)
    limit = paragraph if paragraph >= 0 else len(thought)
    if limit - at <= MAX_REFLECTION_CHARS:
        return limit
    ends = [m.end() for m in _SENTENCE_END.finditer(thought, at, at + MAX_REFLECTION_CHARS)]
    return ends[-1] if ends else at
