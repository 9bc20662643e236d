"""Journeys put together from samples of one problem: wrong thoughts, then a right one.

The wrong thoughts and the right one are the teacher's own words; ours are the reflections between
them, which name what fails. That is the draft of arXiv 2410.18982, §6.5 to 6.8; where the recipe
says so, the teacher then writes it out as one thought, as it was done there.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

from cotfactory.splits.assistant import Turn, has_tags
from cotfactory.splits.group import Sample
from cotfactory.splits.place import Placed
from cotfactory.splits.rows import row
from cotfactory.splits.spans import Range, journey_spans
from cotfactory.splits.written import Written
from cotfactory.splits.wrong import BREAK, WrongAttempt, on_the_way, same_value, wrong_attempt
from cotfactory_schemas import Recipe, SplitRow
from cotfactory_schemas.ids import content_id


class Draft(NamedTuple):
    """What one stitched journey is made of: wrong attempts, in order, and a right sample."""

    wrong: tuple[WrongAttempt, ...]
    right: Sample

    @property
    def sources(self) -> tuple[str, ...]:
        """The traces whose text is in it."""
        samples = (*(attempt.sample for attempt in self.wrong), self.right)
        return tuple(sample.trace.trace_id for sample in samples)

    def tried_before(self, place: int) -> str | None:
        """The answer of the attempt before the one at `place`."""
        return self.wrong[place - 1].sample.extracted if place else None

    def key(self, place: int) -> str:
        """Names the reflection on the attempt at `place`, for one that the teacher wrote."""
        attempt = self.wrong[place]
        ids = (attempt.sample.trace.trace_id, len(attempt.text))
        return content_id("written", *ids, self.tried_before(place))

    def parts(self, recipe: Recipe, written: Mapping[str, Written]) -> tuple[str, ...]:
        """Its thought in parts: each wrong attempt and the reflection on it, the correct path."""
        told, by_teacher = [], recipe.splits.journey.reflect == "engine"
        for place, attempt in enumerate(self.wrong):
            ours = attempt.reflection(recipe.seed, self.tried_before(place))
            theirs = written.get(self.key(place)) if by_teacher else None
            told += [attempt.text, (theirs.text if theirs else "") or ours]
        return (*told, self.right.turn.thought)

    def smoothing_key(self, parts: Sequence[str]) -> str:
        """Names what the teacher makes of the whole thought in these parts."""
        return content_id("smoothed", list(parts), *self.sources)


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
        fit = [a for a in attempts if _differs(a.sample.extracted, right)]
        chosen = _chosen(fit, settings.max_wrong, key)
        if not chosen:
            return
        attempts = [a for a in attempts if a not in chosen]
        yield Draft(tuple(chosen), right)


def _differs(wrong: str | None, right: Sample) -> bool:
    return not (same_value(wrong, right.extracted) or on_the_way(wrong, right.turn.thought))


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
    """Returns the row of a draft, in the teacher's words as far as it wrote some that were taken.

    With `splits.journey.smooth`, the score `splits_smoothing` says `smoothed`, or why it is not.
    """
    parts = draft.parts(placed.recipe, placed.written)
    if has_tags(BREAK.join(parts)):
        return None
    wanted = placed.recipe.splits.journey.smooth
    smoothed = placed.written.get(draft.smoothing_key(parts)) if wanted else None
    said = {"splits_smoothing": smoothed.refused or "smoothed"} if smoothed else {}
    if smoothed and smoothed.text:
        parts = tuple(json.loads(smoothed.text))
    stitched = row(
        placed,
        draft.right,
        turn_of(draft, parts),
        split="journey",
        origin="stitched",
        trace_id=content_id("stitched", turn_of(draft, parts).text, *draft.sources),
        trace_ids=draft.sources,
        pair_id=draft.right.trace.trace_id,
        completion_tokens=None,
        spans=journey_spans(turn_of(draft, parts), list(_reflections(parts))),
    )
    return stitched.model_copy(update={"scores": {**stitched.scores, **said}})


def turn_of(draft: Draft, parts: Sequence[str]) -> Turn:
    """The assistant turn whose thought has these parts; the answer is the right sample's own."""
    right = draft.right.turn
    return Turn(BREAK.join(parts), right.answer, right.thought_from)


def _reflections(parts: Sequence[str]) -> Iterator[Range]:
    """Every second part stands for a reflection."""
    start = 0
    for place, part in enumerate(parts):
        if place % 2:
            yield Range(start, start + len(part))
        start += len(part) + len(BREAK)
