"""What the pool and its workers say to each other: a JSON text each, never a pickle.

Texts that models wrote cross in both directions. JSON can say nothing but data, so that neither
side can be made to run something by what it reads. Lone surrogates cross as JSON escapes.
"""

import json
from typing import Any, NamedTuple, get_args

from cotfactory_filters.verify.answer import Judgement, Question
from cotfactory_schemas import Problem, Trace, Verdict
from cotfactory_schemas.verdict import Status

STARTED = b"started"
"""A worker says so before each batch, so that its start-up is not the first item's time."""

_STATUSES: tuple[str, ...] = get_args(Status)

Work = Question | tuple[Problem, Trace]
Outcome = Judgement | Verdict


class Limits(NamedTuple):
    """The worker's first message: its memory, and the verifiers' settings by name."""

    memory_mib: int
    verifiers: dict[str, dict[str, Any]]


class Job(NamedTuple):
    """What the pool asks: a question for an AnswerVerifier, else problem and trace."""

    verifier: str
    work: Work
    timeout_s: float


def write_limits(limits: Limits) -> bytes:
    """Writes the first message."""
    return json.dumps(limits).encode("ascii")


def read_limits(message: bytes) -> Limits:
    """Reads the first message."""
    return Limits(*json.loads(message))


def write_job(job: Job) -> str:
    """Writes one job.

    Raises:
        TypeError, ValueError: the hints of a question are no plain data.
    """
    if isinstance(job.work, Question):
        work: Any = {"question": job.work}
    else:
        problem, trace = job.work
        work = {"problem": problem.model_dump(), "trace": trace.model_dump()}
    return json.dumps([job.verifier, work, job.timeout_s])


def write_batch(jobs: list[str]) -> bytes:
    """Puts jobs that were written into one message."""
    return f"[{','.join(jobs)}]".encode("ascii")


def read_batch(message: bytes) -> list[Job]:
    """Reads the jobs of one message."""
    return [
        Job(verifier, _work(work), timeout_s) for verifier, work, timeout_s in json.loads(message)
    ]


def _work(work: dict[str, Any]) -> Work:
    if "question" in work:
        reference, answer, language, hints = work["question"]
        return Question(reference, answer, language, _tuples(hints))
    return Problem.model_validate(work["problem"]), Trace.model_validate(work["trace"])


def _tuples(value: Any) -> Any:  # noqa: ANN401 - plain data of any shape
    """Makes tuples of lists again: hints are hashable."""
    return tuple(map(_tuples, value)) if isinstance(value, list) else value


def write_outcome(outcome: Outcome) -> bytes:
    """Writes what became of a job.

    Raises:
        TypeError, ValueError: a verifier gave something else than an outcome.
    """
    if isinstance(outcome, Verdict):
        return json.dumps({"verdict": outcome.model_dump()}).encode("ascii")
    check(outcome)
    return json.dumps(outcome).encode("ascii")


def read_outcome(message: bytes) -> Outcome:
    """Reads what became of a job.

    Raises:
        ValueError: it is no outcome.
    """
    said = json.loads(message)
    if isinstance(said, dict):
        return Verdict.model_validate(said.get("verdict"))
    if not isinstance(said, list) or len(said) != len(Judgement._fields):
        raise ValueError("neither a judgement nor a verdict")
    judged = Judgement(*said)
    check(judged)
    return judged


def check(judged: Judgement) -> None:
    """Raises ValueError when a verifier from outside gave something else than a judgement."""
    texts = (judged.method, judged.detail, judged.reference or "")
    if judged.status not in _STATUSES or not all(isinstance(text, str) for text in texts):
        raise ValueError(f"{judged!r:.200} is no judgement")
