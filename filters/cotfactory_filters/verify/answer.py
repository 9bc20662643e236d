"""Verifiers that compare one short final answer with the reference."""

import time
from typing import Any, ClassVar, NamedTuple

from cotfactory_filters.verify.base import NoSettings, verdict
from cotfactory_filters.verify.extract import Found, Missing, final_answer
from cotfactory_schemas import Problem, Settings, Trace, Verdict
from cotfactory_schemas.verdict import Status

MAX_ANSWER_CHARS = 2000


class Question(NamedTuple):
    """All that a judgement depends on, so that equal questions are judged once.

    `hints` is what a verifier takes from the problem beside its reference: texts, numbers, truth
    values and tuples of these, which are hashable and cross to a worker as JSON.
    """

    reference: str
    answer: str
    language: str
    hints: tuple[Any, ...] = ()


class Judgement(NamedTuple):
    """The outcome of a question: the fields of a verdict that do not depend on the trace."""

    status: Status
    method: str
    reference: str | None = None
    detail: str = ""


class AnswerVerifier:
    """Base of the verifiers that find the final answer and compare it.

    Subclasses give `judge`, and may give `quick` (decides in microseconds and without anything
    that could hang, or returns None), `found` (another way to find the answer) and `hints`.
    """

    name: ClassVar[str]
    version: ClassVar[int]
    settings_model: ClassVar[type[Settings]] = NoSettings

    def __init__(self, settings: Settings) -> None:
        self.settings = settings

    def judge(self, question: Question) -> Judgement:
        """Compares; may take long, so it is called in a worker process."""
        raise NotImplementedError

    def quick(self, question: Question) -> Judgement | None:  # noqa: ARG002 - for subclasses
        """Decides at once, or returns None."""
        return None

    def found(self, problem: Problem, trace: Trace) -> Found | Missing:  # noqa: ARG002
        """Finds the final answer of `trace`."""
        return final_answer(trace)

    def hints(self, problem: Problem) -> tuple[Any, ...]:  # noqa: ARG002 - for subclasses
        """Returns what a judgement needs of the problem beside reference and language."""
        return ()

    def question(self, problem: Problem, trace: Trace) -> tuple[Question, Found] | Verdict:
        """Returns what is to be judged, or the verdict when there is nothing to judge."""
        if trace.error is not None:
            return verdict(self, trace, "unparsable", detail="the engine gave no answer")
        if problem.reference is None:
            return verdict(self, trace, "unverifiable", detail="the problem has no reference")
        found = self.found(problem, trace)
        if isinstance(found, Missing):
            return verdict(self, trace, "unparsable", detail=found.reason)
        if len(found.text) > MAX_ANSWER_CHARS:
            long = f"the answer has {len(found.text)} characters, more than {MAX_ANSWER_CHARS}"
            cut = found.text[:200]
            return verdict(self, trace, "unparsable", detail=long, extracted=cut, found=found.how)
        hints = self.hints(problem)
        return Question(problem.reference, found.text, problem.language, hints), found

    def answered(self, trace: Trace, found: Found, judged: Judgement, seconds: float) -> Verdict:
        """Puts a judgement into the verdict of one trace."""
        return verdict(
            self,
            trace,
            judged.status,
            method=judged.method,
            found=found.how,
            extracted=found.text,
            reference=judged.reference,
            detail=judged.detail,
            seconds=seconds,
        )

    def verify(self, problem: Problem, trace: Trace) -> Verdict:
        """Judges `trace` in this process, without a limit."""
        started = time.perf_counter()
        asked = self.question(problem, trace)
        if isinstance(asked, Verdict):
            return asked
        question, found = asked
        judged = self.quick(question) or self.judge(question)
        return self.answered(trace, found, judged, time.perf_counter() - started)
