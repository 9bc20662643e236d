"""Judges the answers that thoughts state on the way, with the verifier of their problem."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import NamedTuple

from cotfactory.splits.cues import count_cues
from cotfactory.splits.group import Judged, Sample
from cotfactory.splits.revisions import Revision, find_revisions
from cotfactory_filters.annotate.candidates import Candidate, find_candidates
from cotfactory_filters.verify.pool import VerifierPool
from cotfactory_schemas import Problem, Trace
from cotfactory_schemas.ids import content_id
from cotfactory_schemas.verdict import Status

VERIFIERS_OF_ANSWERS = frozenset({"choice", "gym", "literal", "math", "numeric", "text"})
"""Verifiers that judge a short answer; for the others a stated answer is not the whole answer."""


class _Found(NamedTuple):
    """What a thought states as the answer, and what it gives two values, one after the other."""

    stated: Sequence[Candidate]
    revised: Sequence[Revision]

    @property
    def asked(self) -> Iterator[Candidate]:
        """All that is to be judged, in the order in which `judged` takes the verdicts."""
        yield from self.stated
        for revision in self.revised:
            yield from revision

    def judged(self, statuses: Iterator[Status]) -> list[Judged]:
        """The stated answers, and the values that were wrong and became right, in order."""
        found = [Judged(candidate, next(statuses)) for candidate in self.stated]
        for revision in self.revised:
            first, last = next(statuses), next(statuses)
            if (first, last) == ("incorrect", "correct"):
                found.append(Judged(revision.first, first))
        return sorted(found, key=lambda judged: judged.candidate)


def look_through(
    samples: Sequence[Sample], pool: VerifierPool, *, judge: bool = True
) -> list[Sample]:
    """Returns the samples in order, the kept ones with what their thoughts hold.

    That is how many words open a reflection and, with `judge`, the answers on the way and the
    verdicts on them.
    """
    cues = count_cues([s.turn.thought if s.kept else "" for s in samples])
    found = [_found(sample) if judge else None for sample in samples]
    questions = [
        (s.problem, _as_trace(s.problem, candidate))
        for s, held in zip(samples, found, strict=True)
        for candidate in (held.asked if held else ())
    ]
    statuses = (verdict.status for verdict in pool.verify_all(questions))
    return [
        replace(sample, reflections=count, candidates=held.judged(statuses) if held else None)
        for sample, count, held in zip(samples, cues, found, strict=True)
    ]


def _found(sample: Sample) -> _Found | None:
    """What a kept thought claims; None where nobody looks for it."""
    if not sample.kept or sample.problem.verifier not in VERIFIERS_OF_ANSWERS:
        return None
    thought = sample.turn.thought
    stated = find_candidates(thought)
    if not _is_number(sample.problem.reference):
        return _Found(stated, ())
    # "The answer is the sum of …" states no number: a claim about words is no wrong answer.
    numbers = [c for c in stated if any(char.isdigit() for char in c.text)]
    apart = [r for r in find_revisions(thought) if not any(_overlap(r.first, c) for c in stated)]
    return _Found(numbers, apart)


def _overlap(one: Candidate, other: Candidate) -> bool:
    return one.start < other.end and other.start < one.end


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
