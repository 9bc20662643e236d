"""Journeys put together from samples of one problem: wrong thoughts, then a right one.

The wrong thoughts and the right one are the teacher's own words; ours are the reflections between
them, which name what fails (arXiv 2410.18982, §6.5 to 6.8, has the draft that this follows).
"""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from cotfactory.splits.assistant import Turn, has_tags
from cotfactory.splits.group import Sample
from cotfactory.splits.place import Placed
from cotfactory.splits.rows import row
from cotfactory.splits.spans import Range, journey_spans
from cotfactory.splits.wrong import BREAK, WrongAttempt, same_value, wrong_attempt
from cotfactory_schemas import SplitRow
from cotfactory_schemas.ids import content_id


class Draft(NamedTuple):
    """What one stitched journey is made of: wrong attempts, in order, and a right sample."""

    wrong: tuple[WrongAttempt, ...]
    right: Sample

    def tried_before(self, place: int) -> str | None:
        """The answer of the attempt before the one at `place`."""
        return self.wrong[place - 1].sample.extracted if place else None

    def key(self, place: int) -> str:
        """Names the reflection on the attempt at `place`, for one that the teacher wrote."""
        attempt = self.wrong[place]
        ids = (attempt.sample.trace.trace_id, len(attempt.text))
        return content_id("written", *ids, self.tried_before(place))


def stitched_rows(placed: Placed) -> Iterator[SplitRow]:
    """Yields the stitched journeys of a problem."""
    for draft in drafts(placed):
        if stitched := stitch(placed, draft):
            yield stitched


def drafts(placed: Placed) -> Iterator[Draft]:
    """Yields a draft for each of the first right shortcuts that wrong attempts are left for.

    No attempt stands in two drafts, and no two attempts of one state the same answer.
    """
    settings = placed.recipe.splits.journey
    if not settings.stitched:
        return
    attempts = _attempts(placed)
    rights = [s for s in placed.shortcuts if s.status == "correct" and s.turn.thought]
    for right in rights[: settings.stitched_per_problem]:
        key = (placed.recipe.seed, right.trace.trace_id)
        fit = [a for a in attempts if not same_value(a.sample.extracted, right.extracted)]
        chosen = _chosen(fit, settings.max_wrong, key)
        if not chosen:
            return
        attempts = [a for a in attempts if a not in chosen]
        yield Draft(tuple(chosen), right)


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


def stitch(placed: Placed, draft: Draft) -> SplitRow | None:
    """Returns the row of a draft; its reflections are the teacher's where it wrote them."""
    thought, reflections = "", []
    for place, attempt in enumerate(draft.wrong):
        ours = attempt.reflection(placed.recipe.seed, draft.tried_before(place))
        told = placed.written.get(draft.key(place)) or ours
        start = len(thought) + len(attempt.text) + len(BREAK)
        reflections.append(Range(start, start + len(told)))
        thought += attempt.text + BREAK + told + BREAK
    if has_tags(thought):
        return None
    right = draft.right
    turn = Turn(thought + right.turn.thought, right.turn.answer, right.turn.thought_from)
    sources = tuple(sample.trace.trace_id for sample in (*(a.sample for a in draft.wrong), right))
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
