"""Judges the answers that thoughts state on the way, with the verifier of their problem."""

from collections.abc import Sequence
from dataclasses import replace

from cotfactory.splits.candidates import Candidate, count_cues, find_candidates
from cotfactory.splits.group import Judged, Sample
from cotfactory_filters.verify.pool import VerifierPool
from cotfactory_schemas import Problem, Trace
from cotfactory_schemas.ids import content_id

VERIFIERS_OF_ANSWERS = frozenset({"choice", "gym", "literal", "math", "numeric", "text"})
"""Verifiers that judge a short answer; for the others a stated answer is not the whole answer."""


def look_through(
    samples: Sequence[Sample], pool: VerifierPool, *, judge: bool = True
) -> list[Sample]:
    """Returns the samples in order, the kept ones with what their thoughts hold.

    That is how many words open a reflection and, with `judge`, the stated answers and the verdicts
    on them.
    """
    cues = count_cues([s.turn.thought if s.kept else "" for s in samples])
    found = [_stated(sample) if judge else None for sample in samples]
    questions = [
        (s.problem, _as_trace(s.problem, c))
        for s, cs in zip(samples, found, strict=True)
        for c in cs or ()
    ]
    verdicts = pool.verify_all(questions)
    return [
        replace(
            sample,
            reflections=count,
            candidates=None
            if candidates is None
            else [Judged(c, next(verdicts).status) for c in candidates],
        )
        for sample, count, candidates in zip(samples, cues, found, strict=True)
    ]


def _stated(sample: Sample) -> Sequence[Candidate] | None:
    """The answers that a kept thought states; None where nobody looks for them."""
    if not sample.kept or sample.problem.verifier not in VERIFIERS_OF_ANSWERS:
        return None
    candidates = find_candidates(sample.turn.thought)
    if _is_number(sample.problem.reference):
        # "The answer is the sum of …" states no number: a claim about words is no wrong answer.
        return [c for c in candidates if any(char.isdigit() for char in c.text)]
    return candidates


def _is_number(reference: str | None) -> bool:
    return reference is not None and any(char.isdigit() for char in reference)


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
