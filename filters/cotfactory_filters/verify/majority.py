"""Self-consistency: the answer that most samples of a problem give, where there is no reference."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from cotfactory_filters.verify.answer import AnswerVerifier, Question
from cotfactory_filters.verify.extract import Found, Missing
from cotfactory_schemas import Problem, Trace, Verdict
from cotfactory_schemas.verdict import Status

NAME = "majority"
VERSION = 1
METHOD = "majority"
"""What marks a verdict by vote; it is never mixed with verdicts against a reference."""

Same = Callable[[str, str], bool]


@dataclass
class Candidate:
    """One answer and the samples (indices) that give it."""

    answer: str
    samples: list[int]


def vote(
    problem: Problem, traces: Sequence[Trace], verifier: AnswerVerifier, min_share: float = 0.5
) -> list[Verdict]:
    """Judges all samples of one problem by what most of them answer.

    Answers that the verifier finds equal count together. When the winner has at least `min_share`
    of all samples and no other answer has as many, its samples are `correct` and the others
    `incorrect`; without a winner all that answer are `unverifiable`. Samples without an answer are
    `unparsable`, and count in the share: a problem that few samples can answer has no majority.
    `score` is the winner's share.

    Runs the verifier in this process: the pool's limits do not hold here, so give it a verifier
    whose comparison is bounded, or call it in a worker.
    """
    found = [verifier.found(problem, trace) for trace in traces]
    answers = [answer.text if isinstance(answer, Found) else None for answer in found]
    candidates = group(answers, _same(problem, verifier))
    winner = _winner(candidates, len(traces), min_share)
    share = len(candidates[0].samples) / len(traces) if candidates else 0.0
    return [
        Verdict(
            trace_id=trace.trace_id,
            status=_status(index, answer, winner),
            verifier=NAME,
            version=VERSION,
            method=METHOD,
            found=answer.how if isinstance(answer, Found) else "",
            extracted=answer.text if isinstance(answer, Found) else None,
            reference=winner.answer if winner else None,
            score=share,
            detail=f"{share:.0%} of {len(traces)} samples give the same answer",
        )
        for index, (trace, answer) in enumerate(zip(traces, found, strict=True))
    ]


def group(answers: Sequence[str | None], same: Same) -> list[Candidate]:
    """Groups equal answers, the largest group first; of groups of one size the earlier."""
    candidates: list[Candidate] = []
    for index, answer in enumerate(answers):
        if answer is None:
            continue
        known = next((c for c in candidates if c.answer == answer), None)
        known = known or next((c for c in candidates if same(c.answer, answer)), None)
        if known:
            known.samples.append(index)
        else:
            candidates.append(Candidate(answer, [index]))
    return sorted(candidates, key=lambda c: -len(c.samples))


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


def _same(problem: Problem, verifier: AnswerVerifier) -> Same:
    hints = verifier.hints(problem)

    def same(one: str, other: str) -> bool:
        question = Question(one, other, problem.language, hints)
        judged = verifier.quick(question) or verifier.judge(question)
        return judged.status == "correct"

    return same
