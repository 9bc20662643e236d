"""The split builders: each makes rows of one split out of a placed group."""

from collections.abc import Iterator

from cotfactory.splits.place import Placed
from cotfactory.splits.rows import row
from cotfactory_schemas import Message, SplitRow


def shortcut_rows(placed: Placed) -> Iterator[SplitRow]:
    """Yields the kept samples that go to their answer without a detour that was seen."""
    for sample in placed.shortcuts:
        yield row(placed, sample, sample.turn, split="shortcut", origin="sampled")


def journey_rows(placed: Placed) -> Iterator[SplitRow]:
    """Yields the kept samples that are journeys of their own."""
    for sample in placed.group.samples:
        place = placed.of(sample)
        if place.split == "journey":
            yield row(
                placed,
                sample,
                sample.turn,
                split="journey",
                origin=place.origin,
                spans=place.spans,
                pair_id=placed.pair_id,
            )


def rejected_rows(placed: Placed) -> Iterator[SplitRow]:
    """Yields the rejected samples, each with the text as the teacher gave it."""
    for sample in placed.group.samples:
        place = placed.of(sample)
        if place.split == "rejected":
            raw = Message(role="assistant", content=sample.trace.raw)
            yield row(
                placed,
                sample,
                sample.turn,
                split="rejected",
                origin="sampled",
                messages=(*sample.problem.messages, raw),
                reasoning=sample.trace.reasoning,
                response=sample.trace.response,
                thought_from="thought" if sample.trace.reasoning else "none",
                rules=place.rules,
            )
