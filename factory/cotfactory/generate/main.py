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
        self._progress = progress
        self._limits = limits
        self._session = Session()
        self._plan = Plan(run.recipe.generate)
        self._sampler = Sampler(teacher, run.recipe.engine.kind, run.recipe.seed)
        self._history = History(run, self._sampler, run.recipe.generate)
        self._teacher = teacher

    async def run(self) -> Session:
        outbox = Outbox(self._run)
        outbox.start()
        with VerifierPool(self._recipe.verify) as pool:
            scheduler = Scheduler(
                self._plan,
                self._arrivals(outbox),
                self._history.leftovers(),
                self._sampler,
                Station(outbox, pool),
            )
            heartbeat = Heartbeat(self._run, scheduler, self._progress)
            try:
                await self._sample(scheduler, heartbeat)
                await scheduler.settle()
            finally:
                await outbox.close()
                heartbeat.last()
        self._session.report = heartbeat.facts()
        self._run.record("generate", {**heartbeat.facts(), "row_faults": self._session.faults})
        if scheduler.stopping.is_set():
            raise StoppedError("stopped in good order; run the same command again to go on")
        return self._session

    async def _sample(self, scheduler: Scheduler, heartbeat: Heartbeat) -> None:
        loop = asyncio.get_running_loop()
        for signal_number in (signal.SIGINT, signal.SIGTERM):
            loop.add_signal_handler(signal_number, scheduler.stop)
        if self._limits.max_runtime_s is not None:
            loop.call_later(self._limits.max_runtime_s, scheduler.stop)
        restarts = 0
        while scheduler.has_work and not scheduler.stopping.is_set():
            answers = scheduler.account.completions
            try:
                began = time.monotonic()
                async with make_engine(self._recipe.engine, self._teacher) as engine:
                    scheduler.account.elapsed(time.monotonic() - began, "start_up", 0, 0)
                    await scheduler.drive(engine, heartbeat.tick)
            except EngineLost as error:
                restarts = 1 if scheduler.account.completions > answers else restarts + 1
                if restarts > ENGINE_RESTARTS:
                    raise CotfactoryError(
                        f"{error}; {ENGINE_RESTARTS} new starts brought no answer. "
                        "Mend the engine, then run the same command again"
                    ) from error
                log.warning("%s; starting it again (%d of %d)", error, restarts, ENGINE_RESTARTS)

    def _arrivals(self, outbox: Outbox) -> Iterator[Asked]:
        index, shards = self._limits.shard
        order = 0
        for problem in sources.problems(self._recipe.problems):
            if isinstance(problem, sources.RowFault):
                self._fault(problem)
                continue
            if int(problem.problem_id, 16) % shards != index:
                continue
            if problem.problem_id not in self._history.known_problems:
                outbox.put(problem)
            yield self._history.recall(problem, order, self._plan)
            order += 1

    def _fault(self, fault: sources.RowFault) -> None:
        log.warning("%s", fault)
        self._session.skipped_rows += 1
        if len(self._session.faults) < FAULTS_KEPT:
            self._session.faults.append(str(fault))
