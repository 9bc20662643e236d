"""The station `generate`: problems in, durable traces and verdicts out."""

import asyncio
import logging
import signal
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

from cotfactory import sources
from cotfactory.engines import make_engine
from cotfactory.engines.base import EngineLost
from cotfactory.errors import CotfactoryError, StoppedError, UsageError
from cotfactory.generate.heartbeat import Heartbeat
from cotfactory.generate.history import History
from cotfactory.generate.journeys import journeys
from cotfactory.generate.limits import Limits
from cotfactory.generate.outbox import Outbox
from cotfactory.generate.plan import Asked, Plan
from cotfactory.generate.samples import Sampler
from cotfactory.generate.scheduler import Scheduler
from cotfactory.generate.station import Station
from cotfactory.store.run import RunWriter
from cotfactory_filters.verify.pool import VerifierPool
from cotfactory_schemas import Teacher

log = logging.getLogger(__name__)

ENGINE_RESTARTS = 3
FAULTS_KEPT = 100
FAULTS_LOGGED = 10

Progress = Callable[[dict[str, Any]], None]


@dataclass
class Session:
    """What one call of `generate` found and did."""

    faults: list[str] = field(default_factory=list)
    skipped_rows: int = 0
    report: dict[str, Any] = field(default_factory=dict)


def generate(run: RunWriter, progress: Progress, limits: Limits | None = None) -> Session:
    """Asks the teacher for what the run's recipe wants and the run does not have.

    Raises:
        StoppedError: a signal or `max_runtime_s` ended the session in good order.
        CotfactoryError: it cannot go on; what was accepted is safe.
    """
    if run.recipe.teacher is None or not run.recipe.problems:
        raise UsageError(
            f"recipe {run.recipe.name}: `teacher` and `problems` are needed to generate"
        )
    return asyncio.run(_Generating(run, run.recipe.teacher, progress, limits or Limits()).run())


class _Generating:
    def __init__(
        self, run: RunWriter, teacher: Teacher, progress: Progress, limits: Limits
    ) -> None:
        self._run = run
        self._recipe = run.recipe
        self._teacher = teacher
        self._progress = progress
        self._limits = limits
        self._session = Session()
        self._sampler = Sampler(teacher, run.recipe.engine.kind, run.recipe.seed)
        self._history = History(run, self._sampler, run.recipe.generate)
        self._plan = Plan(run.recipe.generate, self._closed)
        for domain, traces in self._history.accepted.items():
            self._plan.had_accepted(domain, traces)
        self._outbox = Outbox(run)

    async def run(self) -> Session:
        self._outbox.start()
        with VerifierPool(self._recipe.verify) as pool:
            station = Station(self._outbox, pool)
            scheduler = Scheduler(
                self._plan, self._arrivals(), self._history.leftovers(), self._sampler, station
            )
            heartbeat = Heartbeat(self._run, scheduler, self._progress)
            try:
                await self._sample(scheduler, heartbeat)
                await scheduler.settle()
            finally:
                await self._outbox.close()
                heartbeat.last()
        self._session.report = heartbeat.facts()
        skipped = {"skipped_rows": self._session.skipped_rows, "row_faults": self._session.faults}
        self._run.record(
            "generate", {**heartbeat.totals(), **skipped, "session": self._session.report}
        )
        self._run.roll()  # readers see what there is, also of a stopped session
        if scheduler.stopping.is_set():
            raise StoppedError("stopped in good order; run the same command again to go on")
        return self._session

    async def _sample(self, scheduler: Scheduler, heartbeat: Heartbeat) -> None:
        self._listen(scheduler)
        if not scheduler.has_work:
            await self._hand_back(scheduler)
        restarts = 0
        while scheduler.has_work and not scheduler.stopping.is_set():
            answers = scheduler.account.completions
            try:
                await self._with_engine(scheduler, heartbeat)
            except EngineLost as error:
                restarts = 1 if scheduler.account.completions > answers else restarts + 1
                if restarts > ENGINE_RESTARTS:
                    raise CotfactoryError(
                        f"{error}; {ENGINE_RESTARTS} new starts brought no answer. "
                        "Mend the engine, then run the same command again"
                    ) from error
                log.warning("%s; starting it again (%d of %d)", error, restarts, ENGINE_RESTARTS)

    async def _with_engine(self, scheduler: Scheduler, heartbeat: Heartbeat) -> None:
        began = time.monotonic()
        async with make_engine(self._recipe.engine, self._teacher) as engine:
            scheduler.account.elapsed(time.monotonic() - began, "start_up", 0, 0)
            await scheduler.drive(engine, heartbeat.tick)
            await self._hand_back(scheduler)
            await scheduler.drive(engine, heartbeat.tick)

    async def _hand_back(self, scheduler: Scheduler) -> None:
        """Gives the scheduler the journeys that the samples so far allow."""
        if not self._recipe.generate.journeys_per_problem or scheduler.stopping.is_set():
            return
        await scheduler.settle()
        await self._outbox.close()
        await asyncio.to_thread(self._run.roll)
        self._outbox.start()
        scheduler.add(journeys(self._run, self._sampler))

    def _listen(self, scheduler: Scheduler) -> None:
        loop = asyncio.get_running_loop()
        for signal_number in (signal.SIGINT, signal.SIGTERM):
            loop.add_signal_handler(signal_number, scheduler.stop)
        if self._limits.max_runtime_s is not None:
            loop.call_later(self._limits.max_runtime_s, scheduler.stop)

    def _closed(self, asked: Asked) -> None:
        outcome = self._history.outcome(asked)
        if outcome is not None:
            self._outbox.put(outcome)

    def _arrivals(self) -> Iterator[Asked]:
        order = 0
        for problem in sources.problems(self._recipe.problems):
            if isinstance(problem, sources.RowFault):
                self._fault(problem)
                continue
            if not self._limits.includes(problem.problem_id):
                continue
            if problem.problem_id not in self._history.known_problems:
                self._outbox.put(problem)
            yield self._history.recall(problem, order, self._plan)
            order += 1

    def _fault(self, fault: sources.RowFault) -> None:
        self._session.skipped_rows += 1
        if self._session.skipped_rows <= FAULTS_LOGGED:
            log.warning("%s", fault)
        if len(self._session.faults) < FAULTS_KEPT:
            self._session.faults.append(str(fault))
