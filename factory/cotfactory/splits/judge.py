"""Judges the answers that thoughts state on the way, with the verifier of their problem."""

from collections.abc import Sequence
from dataclasses import replace

from cotfactory.splits.claims import Claims
from cotfactory.splits.group import Sample
from cotfactory_filters.annotate.candidates import Candidate
from cotfactory_filters.annotate.cues import count_cues
from cotfactory_filters.verify.pool import VerifierPool
from cotfactory_schemas import Problem, Trace
from cotfactory_schemas.ids import content_id


def look_through(
    samples: Sequence[Sample], claims: Sequence[Claims | None], pool: VerifierPool
) -> list[Sample]:
    """Returns the samples in order, the kept ones with what their thoughts hold.

    That is how many words open a reflection, and the answers on the way that `claims` has of the
    sample, with the verdicts on them.
    """
    cues = count_cues([s.turn.thought if s.kept else "" for s in samples])
    questions = [
        (s.problem, _as_trace(s.problem, candidate))
        for s, held in zip(samples, claims, strict=True)
        for candidate in (held.asked if held else ())
    ]
    statuses = (verdict.status for verdict in pool.verify_all(questions))
    return [
        replace(sample, reflections=count, candidates=held.judged(statuses) if held else None)
        for sample, count, held in zip(samples, cues, claims, strict=True)
    ]


def _as_trace(problem: Problem, candidate: Candidate) -> Trace:
    """A trace that answers with the candidate alone, marked as verifiers expect it."""
    tagged = problem.verifier in {"gym", "literal", "text"}
    answer = f"<answer>{candidate.text}</answer>" if tagged else f"\\boxed{{{candidate.text}}}"
    return Trace(
        trace_id=content_id("candidate", problem.problem_id, candidate.text),
        problem_id=problem.problem_id,
        sample=0,
        teacher="",
        model="",
        raw=answer,
        response=answer,
        finish_reason="stop",
    )
