"""Judges the answers that thoughts state on the way, with the verifier of their problem."""

from collections.abc import Sequence
from dataclasses import replace

import polars as pl

from cotfactory.splits.claims import asked, judgeable, judged
from cotfactory.splits.group import Sample
from cotfactory_filters.annotate.candidates import Candidate
from cotfactory_filters.annotate.claims import find_claims
from cotfactory_filters.annotate.cues import count_cues
from cotfactory_filters.verify.pool import VerifierPool
from cotfactory_schemas import Problem, Trace
from cotfactory_schemas.ids import content_id


def look_through(samples: Sequence[Sample], pool: VerifierPool) -> list[Sample]:
    """Returns the samples in order, the kept ones with verdicts on what their thoughts claim."""
    searched = search(samples)
    claims = [judgeable(sample) for sample in searched]
    questions = [
        (sample.problem, _as_trace(sample.problem, candidate))
        for sample, held in zip(searched, claims, strict=True)
        for candidate in (asked(held) if held else ())
    ]
    statuses = (verdict.status for verdict in pool.verify_all(questions))
    return [
        sample if held is None else replace(sample, candidates=judged(held, statuses))
        for sample, held in zip(searched, claims, strict=True)
    ]


def search(samples: Sequence[Sample]) -> list[Sample]:
    """Returns the samples in order, the kept ones with what their thoughts claim.

    What was measured on the thought that the teacher set apart is not searched for again.
    """
    unknown = [place for place, sample in enumerate(samples) if _is_unsearched(sample)]
    thoughts = pl.Series([samples[place].turn.thought for place in unknown], dtype=pl.String)
    found = list(samples)
    for place, claims, cues in zip(
        unknown, find_claims(thoughts), count_cues(thoughts), strict=True
    ):
        found[place] = replace(samples[place], claims=claims, reflections=cues)
    return found


def _is_unsearched(sample: Sample) -> bool:
    measured = sample.claims is not None and sample.turn.thought_from == "thought"
    return sample.kept and not measured


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
