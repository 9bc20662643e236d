"""Pairs of a right and a wrong answer to one problem."""

from collections.abc import Iterator

from cotfactory.splits.group import Sample
from cotfactory.splits.place import Placed
from cotfactory.splits.wrong import fit_as_wrong, same_value
from cotfactory_schemas import Message, PreferenceRow
from cotfactory_schemas.ids import content_id


def preference_rows(placed: Placed) -> Iterator[PreferenceRow]:
    """Yields pairs of the straightest right samples with wrong ones, each wrong answer once.

    A wrong sample must be fit for a journey: rejected for nothing but being wrong. Then the pair
    differs in being right and not in being cut off, malformed or in another language.
    """
    wanted = placed.recipe.splits.preference_per_problem
    rights = [s for s in placed.shortcuts if s.status == "correct"] if wanted else []
    journey = placed.recipe.splits.journey
    wrongs: dict[str | None, Sample] = {}
    for sample in placed.group.samples:
        if rights and fit_as_wrong(sample, journey) and sample.turn.answer:
            wrongs.setdefault(sample.extracted, sample)
    differ = [w for w in wrongs.values() if not same_value(w.extracted, rights[0].extracted)]
    for number, wrong in enumerate(differ[:wanted]):
        yield _pair(placed, rights[number % len(rights)], wrong)


def _pair(placed: Placed, right: Sample, wrong: Sample) -> PreferenceRow:
    problem = placed.group.problem
    ids = (right.trace.trace_id, wrong.trace.trace_id)
    return PreferenceRow(
        part=placed.group.part,
        trace_id=content_id("preference", *ids),
        trace_ids=ids,
        problem_id=right.trace.problem_id,
        prompt=problem.messages,
        chosen=(Message(role="assistant", content=right.turn.text),),
        rejected=(Message(role="assistant", content=wrong.turn.text),),
        chosen_extracted=right.extracted,
        rejected_extracted=wrong.extracted,
        reference=problem.reference,
        domain=problem.domain,
        kind=problem.kind,
        language=problem.language,
        model=right.trace.model,
        source=problem.source,
        source_id=problem.source_id,
        licence=problem.licence,
    )
