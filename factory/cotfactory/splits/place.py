"""Where each trace ends: in exactly one split."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property

from cotfactory.splits.assistant import wants_thought
from cotfactory.splits.continued import continued_spans
from cotfactory.splits.group import Group, Sample
from cotfactory.splits.natural import natural_spans
from cotfactory.splits.written import Written
from cotfactory.splits.wrong import first_wrong_step
from cotfactory_schemas import Recipe, Span
from cotfactory_schemas.split import Origin, SplitName


@dataclass(frozen=True)
class Place:
    """The split of a sample's own row; `rules` say why it is the rejected one."""

    split: SplitName
    origin: Origin = "sampled"
    spans: tuple[Span, ...] = ()
    rules: tuple[str, ...] = ()


@dataclass(frozen=True)
class Placed:
    """A group whose samples all have their place, by trace_id.

    `written` is what the teacher wrote, by the keys of stitched drafts.
    """

    group: Group
    places: Mapping[str, Place]
    recipe: Recipe
    written: Mapping[str, Written] = field(default_factory=dict)

    @cached_property
    def shortcuts(self) -> list[Sample]:
        """The samples of the shortcut split, those that stray least first."""
        placed = [s for s in self.group.samples if self.of(s).split == "shortcut"]
        return sorted(
            placed,
            key=lambda s: (s.wrong_candidates, s.reflections, len(s.turn.text), s.trace.trace_id),
        )

    @property
    def pair_id(self) -> str | None:
        """The trace_id of the shortcut that journeys of this problem are paired with."""
        right = [s for s in self.shortcuts if s.status == "correct"]
        return right[0].trace.trace_id if right else None

    def of(self, sample: Sample) -> Place:
        """Where `sample` ends."""
        return self.places[sample.trace.trace_id]


def place_group(
    group: Group, recipe: Recipe, written: Mapping[str, Written] | None = None
) -> Placed:
    """Gives every sample of the group its place."""
    by_id = {s.trace.trace_id: s for s in group.samples}
    parents = {i: by_id.get(s.trace.parent_id or "") for i, s in by_id.items()}
    places = {i: _place(s, parents[i], recipe) for i, s in by_id.items()}
    placed = Placed(group, places, recipe, written or {})
    if recipe.splits.journey.paired and placed.pair_id is None:
        alone = Place("rejected", rules=("journey_unpaired",))
        places |= {i: alone for i, place in places.items() if place.split == "journey"}
    return placed


def _place(sample: Sample, parent: Sample | None, recipe: Recipe) -> Place:
    settings = recipe.splits.journey
    rules = sample.rules if not sample.kept else _unpublishable(sample)
    if not sample.kept or rules:
        return Place("rejected", rules=rules)
    if sample.trace.continuation == "journey":
        spans = continued_spans(sample, parent, recipe) if parent else ()
        # It starts with a wrong path: where that cannot be marked, it is no shortcut either.
        unmarked = Place("rejected", rules=("journey_unmarked",))
        return Place("journey", "continued", spans) if spans else unmarked
    spans = natural_spans(sample) if settings.natural else ()
    attempts = sum(span.role == "wrong_attempt" for span in spans)
    if attempts > settings.max_wrong:
        return Place("rejected", rules=("journey_max_wrong",))
    return Place("journey", "natural", spans) if spans else Place("shortcut")


def _unpublishable(sample: Sample) -> tuple[str, ...]:
    """Why a kept trace cannot be a row with one thought and one answer: rules of the splits."""
    turn, broken = sample.turn, []
    if turn.tagged:
        broken.append("thought_tags")
    if wants_thought(sample.problem) and not turn.thought:
        broken.append("no_thought")
    if not turn.answer:
        broken.append("no_answer")
    if first_wrong_step(sample.trace.extra):
        broken.append("wrong_step")  # right by chance: a label says that the way there is wrong
    return tuple(broken)
