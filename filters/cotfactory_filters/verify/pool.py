"""Judges traces in warm worker processes, so that a hang or a crash costs one item."""

import time
from collections import deque
from collections.abc import Iterable, Iterator
from concurrent.futures import Future
from dataclasses import dataclass
from functools import partial
from types import TracebackType
from typing import Self

from cotfactory_filters.verify.answer import AnswerVerifier, Judgement, Question
from cotfactory_filters.verify.base import Verifier
from cotfactory_filters.verify.dispatch import Dispatcher, Task
from cotfactory_filters.verify.extract import Found
from cotfactory_filters.verify.identity import Identity, timeout_of
from cotfactory_filters.verify.memo import Memo, Outcome, Settle
from cotfactory_filters.verify.messages import Job, Work, check, write_job
from cotfactory_filters.verify.registry import make_verifier
from cotfactory_schemas import Problem, Trace, Verdict
from cotfactory_schemas.recipe import VerifySettings
from cotfactory_schemas.verdict import Status

IN_FLIGHT_PER_WORKER = 64  # how far `verify_all` reads ahead of what it yields


class VerifierPool:
    """Judges traces, each with the verifier that its problem names.

    What can be decided in microseconds is decided in `submit`; the rest goes to worker processes
    in batches. Equal questions (reference, answer, language) are judged once.

        with VerifierPool(recipe.verify) as pool:
            verdict = pool.submit(problem, trace).result()
    """

    def __init__(self, settings: VerifySettings) -> None:
        self._settings = settings
        self._verifiers: dict[str, Verifier | str] = {}  # or why there is none
        self._identities: dict[str, Identity] = {}
        self._memo = Memo()
        self._dispatcher = Dispatcher(settings)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close(cancel=kind is not None)

    def close(self, *, cancel: bool = False) -> None:
        """Ends the workers: after what was submitted is judged, or at once with `cancel`."""
        self._dispatcher.close(cancel=cancel)

    def submit(self, problem: Problem, trace: Trace) -> "Future[Verdict]":
        """Returns the future verdict; it is cancelled when the pool is."""
        identity = self._identity(problem.verifier)
        asked = _Asked(problem, trace, identity, Future(), time.perf_counter())
        verifier = self._verifier(problem.verifier)
        if isinstance(verifier, str):
            status: Status = "error" if problem.verifier else "unverifiable"
            asked.settle(Judgement(status, "", detail=verifier), 0.0)
        elif isinstance(verifier, AnswerVerifier):
            self._submit_answer(verifier, asked)
        else:
            self._send(verifier, (problem, trace), asked.settle)
        return asked.future

    def verify_all(self, pairs: Iterable[tuple[Problem, Trace]]) -> Iterator[Verdict]:
        """Yields the verdict of each pair, in order, reading only a little ahead."""
        ahead = IN_FLIGHT_PER_WORKER * self._settings.workers
        waiting: deque[Future[Verdict]] = deque()
        for problem, trace in pairs:
            waiting.append(self.submit(problem, trace))
            while waiting and (len(waiting) > ahead or waiting[0].done()):
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()

    def _verifier(self, name: str) -> Verifier | str:
        """Returns the verifier, or why there is none."""
        if not name:
            return "the problem names no verifier"
        if name not in self._verifiers:
            try:
                self._verifiers[name] = make_verifier(name, self._settings.verifiers.get(name))
            except ValueError as error:
                self._verifiers[name] = str(error)
        return self._verifiers[name]

    def _identity(self, name: str) -> Identity:
        if name not in self._identities:
            self._identities[name] = Identity.of(name, self._settings)
        return self._identities[name]

    def _submit_answer(self, verifier: AnswerVerifier, asked: "_Asked") -> None:
        """Finds the answer; decides it at once, or asks a worker unless it is asked already."""
        try:
            question = verifier.question(asked.problem, asked.trace)
            if isinstance(question, Verdict):
                asked.settle(question, 0.0)
                return
            asked.question, asked.found = question
            judged = self._memo.known(verifier.name, asked.question)
            judged = judged or verifier.quick(asked.question)
            if judged is not None:
                check(judged)
        except Exception as error:  # noqa: BLE001 - any defect of a verifier costs one item
            judged = Judgement("error", "", detail=f"{type(error).__name__}: {error}"[:300])
        if judged is not None or asked.question is None:
            asked.settle(judged, asked.seconds())
        elif self._memo.wait(verifier.name, asked.question, asked.settle):
            settle = partial(self._memo.settle, verifier.name, asked.question)
            self._send(verifier, asked.question, settle)

    def _send(self, verifier: Verifier, work: Work, settle: Settle) -> None:
        """Queues a job for the workers."""
        timeout_s = timeout_of(verifier, self._settings.timeout_s)
        try:
            job = write_job(Job(verifier.name, work, timeout_s))
        except (TypeError, ValueError) as error:
            settle(Judgement("error", "", detail=f"cannot be asked: {error}"[:300]), 0.0)
            return
        self._dispatcher.submit(Task(job, timeout_s, settle))


@dataclass
class _Asked:
    """One submitted trace on its way to a verdict."""

    problem: Problem
    trace: Trace
    identity: Identity
    future: "Future[Verdict]"
    started: float
    question: Question | None = None
    found: Found | None = None

    def seconds(self) -> float:
        return time.perf_counter() - self.started

    def settle(self, outcome: Outcome, seconds: float) -> None:
        if outcome is None:
            self.future.cancel()
        elif self.future.set_running_or_notify_cancel():
            self.future.set_result(self._verdict(outcome, seconds))

    def _verdict(self, outcome: Judgement | Verdict, seconds: float) -> Verdict:
        settings = self.identity.recorded(outcome.status)
        if isinstance(outcome, Verdict):
            stamped = {"seconds": outcome.seconds or seconds, "settings": settings}
            return outcome.model_copy(update=stamped)
        return Verdict(
            trace_id=self.trace.trace_id,
            status=outcome.status,
            verifier=self.identity.name,
            version=self.identity.version,
            settings=settings,
            method=outcome.method,
            found=self.found.how if self.found else "",
            extracted=self.found.text if self.found else None,
            reference=outcome.reference,
            detail=outcome.detail,
            seconds=seconds,
        )
