"""Keeps an engine's slots full with the samples that the plan asks for.

One asyncio loop: it fills free slots, each answer frees its slot at once, verdicts come from worker
processes and steer what the plan asks next, and accepted rows go to the outbox.
"""

import asyncio
import logging
from collections import deque
from collections.abc import Callable, Coroutine, Iterator
from contextlib import suppress

from cotfactory.engines.base import Engine, EngineError, EngineLost
from cotfactory.generate.account import Account, Phase
from cotfactory.generate.plan import Asked, Plan
from cotfactory.generate.refusals import Refusals
from cotfactory.generate.samples import Sample, Sampler
from cotfactory.generate.station import Station
from cotfactory_schemas import Trace

log = logging.getLogger(__name__)

WINDOW = 16384  # problems held at once: bounds memory, and how far "first samples first" reaches
MAX_UNJUDGED = 4096  # answers that may wait for verdicts before slots have to
MAX_BACKLOG = 4096  # rows that may wait for the disk before slots have to
ENDGAME_SLOTS = 4  # the end is near when problems left are fewer than so many times the slots
TICK_S = 1.0


class Scheduler:
    """Drives one engine at a time until there is no more to ask, or `stopping` is set.

    `arrivals` are the problems in their order. `leftovers` are continuations that are asked for
    when the plan has nothing else; they are pulled one by one, since they hold text.
    """

    def __init__(
        self,
        plan: Plan,
        arrivals: Iterator[Asked],
        leftovers: Iterator[Sample],
        sampler: Sampler,
        station: Station,
    ) -> None:
        self.plan = plan
        self.account = Account()
        self.stopping = asyncio.Event()
        self.in_flight = 0
        self.unjudged = 0
        self._arrivals: Iterator[Asked] | None = arrivals
        self._leftovers: Iterator[Sample] | None = leftovers
        self._sampler = sampler
        self._station = station
        self._continuations: deque[Sample] = deque()
        self._refusals = Refusals()
        self._hurry = False
        self._lost: EngineLost | None = None
        self._last_answer = 0.0
        self._wake = asyncio.Event()
        station.on_durable(self._wake.set)
        self._sampling: set[asyncio.Task[None]] = set()
        self._judging: set[asyncio.Task[None]] = set()

    def add(self, leftovers: Iterator[Sample]) -> None:
        """Gives more continuations to ask for."""
        self._leftovers = leftovers

    @property
    def has_work(self) -> bool:
        """Whether there is a sample to ask for now. What is found is kept for `drive`."""
        sample = self._next()
        if sample is not None:
            self._continuations.appendleft(sample)
        return sample is not None

    def stop(self) -> None:
        """Stops asking; what is in flight may end within `drain_s`, at a second call it may not."""
        self._hurry = self.stopping.is_set()
        self.stopping.set()
        self._wake.set()

    async def drive(self, engine: Engine, tick: Callable[[], None]) -> None:
        """Samples until all is done; returns early, with nothing in flight, when stopping.

        Raises:
            EngineLost: the engine died or hung; its samples in flight will be asked again.
            CotfactoryError: the engine refuses everything.
        """
        self._lost = None
        self._last_answer = _now()
        try:
            while not self.stopping.is_set() and self._has_more(engine):
                await self._pause(engine)
                tick()
                self._check(engine)
            if self.stopping.is_set():
                await self._drain(engine, tick)
        finally:
            await self._cancel_sampling()
            for sample, _ in self._refusals.take():
                self._give_back(sample)

    def _has_more(self, engine: Engine) -> bool:
        held = self._held_by is not None
        return self._fill(engine) or self._waiting or held or self._end_refusals()

    @property
    def _waiting(self) -> bool:
        return self.in_flight > 0 or self.unjudged > 0

    async def settle(self) -> None:
        """Waits for the verdicts of all answers."""
        while self._judging:
            await asyncio.wait(self._judging)

    def _fill(self, engine: Engine) -> bool:
        """Asks for samples until the slots are full; says whether it asked for any."""
        asked = False
        while self.in_flight < engine.concurrency and self._held_by is None:
            sample = self._next()
            if sample is None:
                break
            asked = True
            self.in_flight += 1
            self.account.requests += 1
            _keep(self._sampling, self._sample(engine, sample))
        return asked

    @property
    def _held_by(self) -> Phase | None:
        """What is too far behind to ask for more."""
        if self._refusals.too_many:
            return "idle"
        if self.unjudged >= MAX_UNJUDGED:
            return "verification_wait"
        return "store_wait" if self._station.backlog >= MAX_BACKLOG else None

    def _next(self) -> Sample | None:
        if self._continuations:
            return self._continuations.popleft()
        due = self._next_planned()
        if due is not None:
            return self._sampler.fresh(*due)
        if self._arrivals is None and self._leftovers is not None:
            leftover = next(self._leftovers, None)
            self._leftovers = None if leftover is None else self._leftovers
            return leftover
        return None

    def _next_planned(self) -> tuple[Asked, int] | None:
        while True:
            room = self._arrivals is not None and self.plan.active < WINDOW
            if room and self._arrivals is not None:
                arrived = next(self._arrivals, None)
                if arrived is None:
                    self._arrivals = None
                else:
                    self.plan.admit(arrived)
            due = self.plan.next(_now())
            if due is not None or not room:
                return due

    async def _pause(self, engine: Engine) -> None:
        """Waits until something changed, and books the time."""
        waiting = getattr(engine, "waiting", 0)  # requests that back off use no slot
        busy, began = min(self.in_flight - waiting, engine.concurrency), _now()
        phase = self._phase(engine, busy, waiting)
        with suppress(TimeoutError):
            await asyncio.wait_for(self._wake.wait(), TICK_S)
        self._wake.clear()
        self.account.elapsed(_now() - began, phase, busy, engine.concurrency)
        if self._arrivals is None and self.plan.active <= ENDGAME_SLOTS * engine.concurrency:
            self.plan.longest_first()

    def _phase(self, engine: Engine, busy: int, waiting: int) -> Phase:
        if self.stopping.is_set():
            return "drain"
        if busy >= engine.concurrency:
            return "steady"
        if waiting:
            return "idle"
        if self._arrivals is not None:
            return self._held_by or "verification_wait"
        return self._held_by or "tail"

    def _check(self, engine: Engine) -> None:
        self._station.check()
        if self._lost is not None:
            raise self._lost
        if self._refusals.too_many and not self.in_flight:
            raise self._refusals.error()
        stall_s = self.plan.settings.stall_s
        if self.in_flight and _now() - self._last_answer > stall_s:
            raise EngineLost(f"{engine.kind}: no sample ended in {stall_s:g} s")

    async def _drain(self, engine: Engine, tick: Callable[[], None]) -> None:
        deadline = _now() + self.plan.settings.drain_s
        while self.in_flight and not self._hurry and _now() < deadline:
            await self._pause(engine)
            tick()
            self._check(engine)

    async def _cancel_sampling(self) -> None:
        for task in self._sampling:
            task.cancel()
        await asyncio.gather(*self._sampling, return_exceptions=True)

    async def _sample(self, engine: Engine, sample: Sample) -> None:
        answered, started = False, _now()
        self.plan.started(sample.asked, started)
        try:
            trace = await self._ask(engine, sample)
            answered = True
            self._take(sample, trace)
        except EngineLost as error:
            self._lost = error
        finally:  # a cancelled sample goes back too
            self.plan.ended(sample.asked, started, _now())
            self.in_flight -= 1
            self._wake.set()
            if not answered:
                self._give_back(sample)

    async def _ask(self, engine: Engine, sample: Sample) -> Trace:
        try:
            completion = await engine.sample(self._sampler.request(sample))
            trace = self._sampler.trace(sample, completion)
        except EngineLost:
            raise
        except Exception as error:
            if not isinstance(error, EngineError):
                log.exception("%s: failed in an unforeseen way", sample.trace_id)
            return self._sampler.failure(sample, error)
        return trace

    def _take(self, sample: Sample, trace: Trace) -> None:
        """Takes an answer; a refusal is kept back until it is clear who is at fault."""
        self._last_answer = _now()
        if trace.finish_reason == "error":
            self._refusals.add(sample, trace)
            return
        self._blame_samples()
        self._answered(sample, trace)

    def _blame_samples(self) -> bool:
        refused = self._refusals.take()
        for sample, trace in refused:
            self._answered(sample, trace)
        return bool(refused)

    def _end_refusals(self) -> bool:
        """Decides on what was refused last; says whether there was any."""
        if not self.account.completions and self._refusals.many_problems:
            raise self._refusals.error()
        return self._blame_samples()

    def _give_back(self, sample: Sample) -> None:
        self.account.lost += 1
        if sample.continuation:
            self._continuations.append(sample)
        else:
            self.plan.lost(sample.asked, sample.index)

    def _answered(self, sample: Sample, trace: Trace) -> None:
        self.account.completed(trace, sample.spent)
        self._station.put(trace)
        longer = self._sampler.continued(sample.asked, trace, self.plan.settings)
        if longer is not None:
            self._continuations.append(longer)
        settles = longer is None and sample.continuation != "journey"
        self.unjudged += 1
        _keep(self._judging, self._judge(sample, trace, settles=settles))

    async def _judge(self, sample: Sample, trace: Trace, *, settles: bool) -> None:
        """Gets the verdict; `settles` says that the plan waits for it."""
        try:
            verdict = await self._station.verdict(sample.asked.problem, trace)
        finally:
            self.unjudged -= 1
            self._wake.set()
        self._station.put(verdict)
        self.account.judged(trace, verdict.status, sample.spent)
        if settles:
            self.plan.judged(sample.asked, verdict.status)


def _keep(tasks: set[asyncio.Task[None]], work: Coroutine[None, None, None]) -> None:
    task = asyncio.create_task(work)  # the loop itself holds tasks weakly
    tasks.add(task)
    task.add_done_callback(tasks.discard)


def _now() -> float:
    return asyncio.get_running_loop().time()
