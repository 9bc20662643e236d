"""Rows of the splits, from samples."""

from typing import Any

from cotfactory.splits.assistant import Turn
from cotfactory.splits.group import Sample
from cotfactory.splits.place import Placed
from cotfactory_schemas import Message, Recipe, SplitRow


def row(
    placed: Placed,
    sample: Sample,
    turn: Turn,
    **fields: Any,  # noqa: ANN401 - fields of SplitRow, which checks them
) -> SplitRow:
    """Returns the row of `sample` with the assistant turn `turn`.

    `fields` are the other fields of SplitRow (`split` and `origin` at least), laid over what the
    sample says.
    """
    problem, verdict = sample.problem, sample.verdict
    values: dict[str, Any] = {
        "part": placed.group.part,
        "trace_id": sample.trace.trace_id,
        "trace_ids": (sample.trace.trace_id,),
        "problem_id": sample.trace.problem_id,
        "messages": (*problem.messages, Message(role="assistant", content=turn.text)),
        "prompt": problem.prompt,
        "reasoning": turn.thought,
        "response": turn.answer,
        "thought_from": turn.thought_from,
        "reference": problem.reference,
        "status": sample.status,
        "extracted": sample.extracted,
        "verifier": verdict.verifier if verdict else "",
        "domain": problem.domain,
        "kind": problem.kind,
        "language": problem.language,
        "model": sample.trace.model,
        "teacher": sample.trace.teacher,
        "sampling": _sampling(sample, placed.recipe),
        "source": problem.source,
        "source_id": problem.source_id,
        "licence": problem.licence,
        "completion_tokens": sample.trace.completion_tokens,
        "scores": {**sample.scores, **_detours(sample)},
    }
    return SplitRow.model_validate(values | fields)


def _detours(sample: Sample) -> dict[str, int]:
    """How far a kept sample strays; rejected ones are not looked at."""
    if not sample.kept:
        return {}
    counted = {"splits_reflections": sample.reflections}
    if sample.candidates is not None:
        counted["splits_wrong_candidates"] = sample.wrong_candidates
    return counted


def _sampling(sample: Sample, recipe: Recipe) -> dict[str, Any]:
    """The sampling parameters and the seed; parameters only of the recipe's own teacher."""
    own = recipe.teacher is not None and recipe.teacher.fingerprint == sample.trace.teacher
    settings = recipe.teacher.sampling.model_dump(mode="json") if recipe.teacher and own else {}
    limit = {"max_tokens": sample.trace.max_tokens} if sample.trace.max_tokens else {}
    seed = {} if sample.trace.seed is None else {"seed": sample.trace.seed}
    return {**settings, **limit, **seed}
