"""Journeys put together from samples of one problem: wrong thoughts, then a right one.

The wrong thoughts and the right one are the teacher's own words; ours are the reflections between
them, which name what fails (arXiv 2410.18982, §6.5 to 6.8, has the draft that this follows).
"""

from collections.abc import Iterator, Sequence

from cotfactory.splits.assistant import Turn, has_tags
from cotfactory.splits.group import Sample
from cotfactory.splits.place import Placed
from cotfactory.splits.rows import row
from cotfactory.splits.spans import Range, journey_spans
from cotfactory.splits.wrong import BREAK, WrongAttempt, wrong_attempt
from cotfactory_schemas import SplitRow
from cotfactory_schemas.ids import content_id


def stitched_rows(placed: Placed) -> Iterator[SplitRow]:
    """Yields a journey for each of the first right shortcuts that wrong attempts are left for.

    No attempt stands in two rows, and no two attempts of a row state the same answer.
    """
    settings = placed.recipe.splits.journey
    if not settings.stitched:
        return
    attempts = _attempts(placed)
    rights = [s for s in placed.shortcuts if s.status == "correct" and s.turn.thought]
    for right in rights[: settings.stitched_per_problem]:
        chosen = _chosen(attempts, settings.max_wrong, (placed.recipe.seed, right.trace.trace_id))
        if not chosen:
            return
        attempts = [a for a in attempts if a not in chosen]
        if stitched := _stitch(placed, chosen, right):
            yield stitched


def _attempts(placed: Placed) -> list[WrongAttempt]:
    """Fit attempts: those with a step known to be wrong first, then the shorter."""
    settings = placed.recipe.splits.journey
    offered = (wrong_attempt(sample, settings) for sample in placed.group.samples)
    return sorted(
        (attempt for attempt in offered if attempt),
        key=lambda a: (a.failure.check == "value", len(a.text), a.sample.trace.trace_id),
    )


def _chosen(
    attempts: Sequence[WrongAttempt], most: int, key: tuple[int, str]
) -> list[WrongAttempt]:
    """The first attempts that differ in their answers, as many as the key draws, at most `most`."""
    wanted = int(content_id("attempts", *key), 16) % most + 1
    by_answer: dict[str | None, WrongAttempt] = {}
    for attempt in attempts:
        by_answer.setdefault(attempt.sample.extracted, attempt)
    return list(by_answer.values())[:wanted]


def _stitch(placed: Placed, wrong: Sequence[WrongAttempt], right: Sample) -> SplitRow | None:
    thought, reflections = "", []
    for place, attempt in enumerate(wrong):
        other = wrong[place - 1].sample.extracted if place else None
        told = attempt.reflection(placed.recipe.seed, other)
        start = len(thought) + len(attempt.text) + len(BREAK)
        reflections.append(Range(start, start + len(told)))
        thought += attempt.text + BREAK + told + BREAK
    if has_tags(thought):
        return None
    turn = Turn(thought + right.turn.thought, right.turn.answer, right.turn.thought_from)
    sources = tuple(sample.trace.trace_id for sample in (*(a.sample for a in wrong), right))
    return row(
        placed,
        right,
        turn,
        split="journey",
        origin="stitched",
        trace_id=content_id("stitched", turn.text, *sources),
        trace_ids=sources,
        pair_id=right.trace.trace_id,
        completion_tokens=None,
        spans=journey_spans(turn, reflections),
    )
