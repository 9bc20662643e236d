"""Which claims of a thought a verifier is asked about, and what its verdicts make of them."""

from collections.abc import Iterator

from cotfactory.splits.group import Judged, Sample
from cotfactory_filters.annotate.candidates import Candidate
from cotfactory_filters.annotate.claims import Claims
from cotfactory_schemas.verdict import Status

VERIFIERS_OF_ANSWERS = frozenset({"choice", "gym", "literal", "math", "numeric", "text"})
"""Verifiers that judge a short answer; for the others a stated answer is not the whole answer."""


def judgeable(sample: Sample) -> Claims | None:
    """Returns what a verifier can say right or wrong to; None where nobody asks one."""
    held = sample.claims
    if held is None or not sample.kept or sample.problem.verifier not in VERIFIERS_OF_ANSWERS:
        return None
    if not _is_number(sample.problem.reference):
        return Claims(held.stated, [])
    # "The answer is the sum of …" states no number: a claim about words is no wrong answer.
    numbers = [c for c in held.stated if any(char.isdigit() for char in c.text)]
    revised = [r for r in held.revised if not any(_overlap(r.first, c) for c in held.stated)]
    return Claims(numbers, revised)


def asked(claims: Claims) -> Iterator[Candidate]:
    """Yields all that is to be judged, in the order in which `judged` takes the verdicts."""
    yield from claims.stated
    for revision in claims.revised:
        yield from revision


def judged(claims: Claims, statuses: Iterator[Status]) -> list[Judged]:
    """Returns the stated answers, and the values that were wrong and became right, in order."""
    found = [Judged(candidate, next(statuses)) for candidate in claims.stated]
    for revision in claims.revised:
        first, last = next(statuses), next(statuses)
        if (first, last) == ("incorrect", "correct"):
            found.append(Judged(revision.first, first))
    return sorted(found, key=lambda judged: judged.candidate)


def _overlap(one: Candidate, other: Candidate) -> bool:
    return one.start < other.end and other.start < one.end


def _is_number(reference: str | None) -> bool:
    return reference is not None and any(char.isdigit() for char in reference)
