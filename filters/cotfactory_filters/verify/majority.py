"""Self-consistency: the answer that most samples of a problem give, where there is no reference.

Equal answers are found by the problem's verifier, in its worker processes: each comparison asks
whether one sample answers the problem whose reference is another's answer.
"""

from collections.abc import Iterable, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from cotfactory_filters.verify.answer import MAX_ANSWER_CHARS, AnswerVerifier
from cotfactory_filters.verify.extract import Found, Missing
from cotfactory_filters.verify.pool import VerifierPool
from cotfactory_schemas import Problem, Trace, Verdict
from cotfactory_schemas.verdict import Status

NAME = "majority"
VERSION = 1
METHOD = "majority"
"""What marks a verdict by vote; it is never mixed with verdicts against a reference."""

MAX_FAILED = 2  # comparisons without an outcome, and an answer is compared no more


class Terms(NamedTuple):
    """The least share of all samples that wins, and what each verdict records of the vote."""

    min_share: float
    settings: dict[str, Any]


@dataclass
class Candidate:
    """One answer, and the samples (indices) that give it. `failed` counts time-outs with it."""

    answer: str
    samples: list[int] = field(default_factory=list)
    failed: int = 0


def vote(
    problem: Problem,
    traces: Sequence[Trace],
    verifier: AnswerVerifier,
    pool: VerifierPool,
    terms: Terms,
) -> list[Verdict]:
    """Judges all samples of one problem by what most of them answer.

    Answers that `verifier` finds equal count together. When the winner has at least the least
    share of all samples and no other answer has as many, its samples are `correct` and the others
    `incorrect`; without a winner all that answer are `unverifiable`. Samples without an answer are
    `unparsable`, and count in the share: a problem that few samples can answer has no majority.
    `score` is the share of the most frequent answer.
    """
    found = [_found(problem, trace, verifier) for trace in traces]
    candidates = _grouped(found, _Equality(problem, traces, verifier.name, pool))
    winner = _winner(candidates, len(traces), terms.min_share)
    share = len(candidates[0].samples) / len(traces) if candidates else 0.0
    return [
        Verdict(
            trace_id=trace.trace_id,
            status=_status(index, answer, winner),
            verifier=NAME,
            version=VERSION,
            settings=terms.settings,
            method=METHOD,
            found=answer.how if isinstance(answer, Found) else "",
            extracted=answer.text if isinstance(answer, Found) else None,
            reference=winner.answer if winner else None,
            score=share,
            detail=f"{share:.0%} of {len(traces)} samples give the same answer",
        )
        for index, (trace, answer) in enumerate(zip(traces, found, strict=True))
    ]


def _found(problem: Problem, trace: Trace, verifier: AnswerVerifier) -> Found | Missing:
    found = verifier.found(problem, trace)
    if isinstance(found, Found) and len(found.text) > MAX_ANSWER_CHARS:
        return Missing("the answer is too long")
    return found


@dataclass(frozen=True)
class _Equality:
    """Asks the pool whether a sample gives an answer."""

    problem: Problem
    traces: Sequence[Trace]
    verifier: str
    pool: VerifierPool

    def ask(self, answer: str, sample: int) -> "Future[Verdict]":
        changed = {"reference": answer, "verifier": self.verifier}
        return self.pool.submit(self.problem.model_copy(update=changed), self.traces[sample])


def _grouped(found: Sequence[Found | Missing], equal: _Equality) -> list[Candidate]:
    """Groups equal answers, the largest group first; of groups of one size the earlier.

    The answers as written are grouped first, so that the frequent ones are compared first and each
    once. A comparison that fails says nothing of which answer was to blame: both are noted.
    """
    written: dict[str, Candidate] = {}
    for index, answer in enumerate(found):
        if isinstance(answer, Found):
            written.setdefault(answer.text, Candidate(answer.text)).samples.append(index)
    groups: list[Candidate] = []
    for candidate in _by_size(written.values()):
        known = _equal_to(candidate, groups, equal)
        if known is None:
            groups.append(candidate)
        else:
            known.samples += candidate.samples
    return _by_size(groups)


def _by_size(candidates: Iterable[Candidate]) -> list[Candidate]:
    return sorted(candidates, key=lambda candidate: -len(candidate.samples))


def _equal_to(
    candidate: Candidate, groups: Sequence[Candidate], equal: _Equality
) -> Candidate | None:
    for group in groups:
        if group.failed >= MAX_FAILED:
            continue
        if candidate.failed >= MAX_FAILED:
            break
        status = equal.ask(group.answer, candidate.samples[0]).result().status
        if status == "correct":
            return group
        if status in ("timeout", "error"):
            group.failed += 1
            candidate.failed += 1
    return None


def _winner(candidates: list[Candidate], total: int, min_share: float) -> Candidate | None:
    if not candidates or len(candidates[0].samples) < min_share * total:
        return None
    tied = len(candidates) > 1 and len(candidates[1].samples) == len(candidates[0].samples)
    return None if tied else candidates[0]


def _status(index: int, answer: Found | Missing, winner: Candidate | None) -> Status:
    if not isinstance(answer, Found):
        return "unparsable"
    if winner is None:
        return "unverifiable"
    return "correct" if index in winner.samples else "incorrect"
