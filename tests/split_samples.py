"""Builders of samples and groups, for tests of the split builders."""

from dataclasses import replace
from typing import Any

from cotfactory.splits.group import Group, Judged, Sample
from cotfactory.splits.place import Placed, place_group
from cotfactory_filters.annotate.candidates import find_candidates
from cotfactory_filters.annotate.cues import count_cues
from cotfactory_schemas import Problem, Recipe, Trace, Verdict, ids


def problem(**changes: Any) -> Problem:
    return Problem.model_validate(
        {
            "messages": [{"role": "user", "content": "What is 6 times 7?"}],
            "domain": "math",
            "reference": "42",
            "verifier": "math",
            "source": "tests",
            **changes,
        }
    )


def sample(  # noqa: PLR0913 - a builder: every argument has its default
    thought: str,
    answer: str = "42",
    *,
    number: int = 0,
    of: Problem | None = None,
    kept: bool | None = None,
    rules: tuple[str, ...] | None = None,
    detail: str = "",
    **changes: Any,
) -> Sample:
    """A sample that answers `answer`, judged against the reference as text."""
    asked = of or problem()
    right = answer == asked.reference
    response = changes.pop("response", f"The answer is {answer}.")
    trace = Trace.model_validate(
        {
            "trace_id": ids.trace_id(asked.problem_id, "teacher", number),
            "problem_id": asked.problem_id,
            "sample": number,
            "teacher": "teacher",
            "model": "tiny",
            "raw": f"<think>{thought}</think>{response}",
            "reasoning": thought,
            "response": response,
            "layout": "think",
            "finish_reason": "stop",
            **changes,
        }
    )
    verdict = Verdict(
        trace_id=trace.trace_id,
        status="correct" if right else "incorrect",
        verifier=asked.verifier,
        version=1,
        extracted=answer,
        reference=asked.reference,
        detail=detail,
    )
    broken = () if right else ("not_correct",)
    return Sample(
        asked, trace, verdict, kept=right if kept is None else kept, rules=rules or broken
    )


def judged(of: Sample) -> Sample:
    """The sample with the candidates of its thought, judged against the reference as text."""
    found = find_candidates(of.turn.thought)
    reference = of.problem.reference
    return replace(
        of,
        candidates=[Judged(c, "correct" if c.text == reference else "incorrect") for c in found],
        reflections=count_cues([of.turn.thought])[0],
    )


def placed(*samples: Sample, **splits: Any) -> Placed:
    """Places samples of one problem; a journey may stand without a shortcut here."""
    splits["journey"] = {"paired": False} | splits.get("journey", {})
    recipe = Recipe.model_validate({"name": "tests", "splits": splits})
    return place_group(Group(samples[0].problem, samples, "train"), recipe)
