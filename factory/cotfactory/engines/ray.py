"""Many machines: replicas of an engine as Ray actors, which may come and go while they work."""

import asyncio
import logging
import os
from contextlib import suppress
from dataclasses import dataclass, field
from types import TracebackType
from typing import Any, Self

from pydantic import Field

from cotfactory.engines.base import Completion, EngineError, EngineLost, Request
from cotfactory.engines.ray_replica import Fault, Replica
from cotfactory.errors import CotfactoryError, UsageError
from cotfactory_schemas import Plugin, Settings, Teacher

_KILLS = 3  # a request in flight at the death of so many replicas is taken for the cause
_IN_FLIGHT = 10_000  # of one actor; what its engine can use is known when it has started
_SHUT_DOWN_S = 30.0
_WATCH_S = 10.0

log = logging.getLogger(__name__)


class RaySettings(Settings):
    """Where the replicas run and what each of them is.

    Replicas for which the cluster has no room yet wait until machines join it.
    """

    replicas: int = Field(default=1, ge=1)
    replica: Plugin = Field(
        default=Plugin(kind="vllm"), description="the engine of each replica, with its settings"
    )
    address: str | None = Field(
        default=None,
        description="of the cluster; None takes RAY_ADDRESS, and without it starts one here",
    )
    cpus: float = Field(default=1, ge=0, description="cores that a replica claims")
    gpus: float | None = Field(
        default=None, ge=0, description="that a replica claims; None is 1 where Ray sees any"
    )
    restarts: int = Field(default=3, ge=0, description="of a replica that dies")
    stall_s: float = Field(
        default=1800, gt=0, description="a replica that answers nothing for so long is replaced"
    )
    runtime_env: dict[str, Any] = Field(
        default_factory=dict, description="Ray's: environment variables, packages … of replicas"
    )


@dataclass
class _Seat:
    """Where a replica works: one after the other, when they die."""

    number: int
    actor: Any = None
    concurrency: int = 0  # 0 until it is ready
    in_flight: int = 0
    answered: float = 0.0  # when it last gave an answer, or got work while it had none
    deaths: int = 0
    fault: str = ""
    changed: asyncio.Event = field(default_factory=asyncio.Event)

    @property
    def load(self) -> float:
        return (self.in_flight + 1) / self.concurrency


class RayEngine:
    """Samples at the least loaded replica; the samples of one that dies go to the others."""

    kind = "ray"
    settings_model = RaySettings

    def __init__(self, settings: RaySettings, teacher: Teacher) -> None:
        if settings.replica.kind == "ray":
            raise UsageError("engine.replica.kind: a replica cannot be made of replicas")
        self._settings = settings
        self._teacher = teacher
        self._seats = [_Seat(number) for number in range(settings.replicas)]
        self._keepers: list[asyncio.Task[None]] = []
        self._news = asyncio.Event()
        self._ours = False

    @property
    def concurrency(self) -> int:
        """What the replicas that are ready can use together."""
        return max(1, sum(seat.concurrency for seat in self._seats))

    async def __aenter__(self) -> Self:
        """Joins or starts a cluster and waits for the first replica.

        Raises:
            CotfactoryError: Ray is missing, no cluster answers, or no replica can start.
        """
        await asyncio.to_thread(self._join)
        self._keepers = [self._keeper(seat) for seat in self._seats]
        while not any(seat.concurrency for seat in self._seats):
            if all(keeper.done() for keeper in self._keepers):
                await self._leave()
                raise CotfactoryError(f"no replica can start: {self._seats[0].fault}")
            await self._changed()
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Ends the replicas, and the cluster if it is ours."""
        await self._leave()

    async def sample(self, request: Request) -> Completion:
        """Generates one answer; cancelling the call ends the generation.

        Raises:
            EngineError: the request cannot be answered, or replicas die of it.
            EngineLost: no replica is left.
        """
        for _ in range(_KILLS):
            seat = await self._free_seat()
            answer = await self._ask(seat, request)
            if isinstance(answer, Completion):
                return answer
            if answer is not None and not answer.lost:
                raise EngineError(answer.what)
        raise EngineError(f"{_KILLS} replicas died while they worked on this request")

    async def _free_seat(self) -> _Seat:
        """The least loaded replica; waits while all are starting again."""
        while True:
            ready = [seat for seat in self._seats if seat.concurrency]
            if ready:
                return min(ready, key=lambda seat: seat.load)
            if not self._keepers or all(keeper.done() for keeper in self._keepers):
                raise EngineLost(f"no replica is left; the last fault: {self._seats[0].fault}")
            await self._changed()

    async def _changed(self) -> None:
        self._news.clear()
        await self._news.wait()

    async def _ask(self, seat: _Seat, request: Request) -> Completion | Fault | None:
        """Returns what the replica says; None when it died."""
        import ray  # noqa: PLC0415 - an extra

        actor = seat.actor
        if not seat.in_flight:
            seat.answered = _now()
        seat.in_flight += 1
        reference = actor.sample.remote(request)
        try:
            answer: Completion | Fault = await reference
        except asyncio.CancelledError:
            ray.cancel(reference)
            raise
        except ray.exceptions.RayError as error:
            self._died(seat, actor, str(error))
            return None
        finally:
            seat.in_flight -= 1
        seat.answered = _now()
        if isinstance(answer, Fault) and answer.lost:
            self._died(seat, actor, answer.what)
        return answer

    def _died(self, seat: _Seat, actor: Any, fault: str) -> None:  # noqa: ANN401 - ray has no types
        """Books the death once, whoever of its samples notices first."""
        if seat.actor is not actor or not seat.concurrency:
            return
        seat.concurrency, seat.fault = 0, fault.strip().split("\n")[0]
        log.warning("replica %d is lost: %s", seat.number, seat.fault)
        seat.changed.set()

    def _keeper(self, seat: _Seat) -> asyncio.Task[None]:
        keeper = asyncio.create_task(self._keep(seat))
        keeper.add_done_callback(lambda _: self._news.set())
        return keeper

    async def _keep(self, seat: _Seat) -> None:
        """Keeps a replica in its seat until it has died too often."""
        import ray  # noqa: PLC0415 - an extra

        while seat.deaths <= self._settings.restarts:
            seat.changed.clear()
            try:
                seat.actor = self._new_replica(seat)
                answer = await seat.actor.start.remote()
                if isinstance(answer, Fault):
                    seat.fault = answer.what
                    return  # it would fail again
                seat.concurrency = answer
                self._news.set()
                await self._watch(seat)
            except ray.exceptions.RayError as error:
                seat.fault = str(error).strip().split("\n")[0]
            finally:
                self._kill(seat)
                self._news.set()
            seat.deaths += 1

    async def _watch(self, seat: _Seat) -> None:
        """Returns when the replica has died, or hangs."""
        stall_s = self._settings.stall_s
        while not seat.changed.is_set():
            with suppress(TimeoutError):
                await asyncio.wait_for(seat.changed.wait(), min(stall_s, _WATCH_S))
            if seat.in_flight and _now() - seat.answered > stall_s:
                self._died(seat, seat.actor, f"it has answered nothing for {stall_s:g} s")

    def _new_replica(self, seat: _Seat) -> Any:  # noqa: ANN401 - ray has no types
        import ray  # noqa: PLC0415 - an extra

        made = ray.remote(Replica).options(
            num_cpus=self._settings.cpus,
            num_gpus=self._gpus(),
            max_concurrency=_IN_FLIGHT,
            runtime_env=self._settings.runtime_env,
        )
        return made.remote(self._settings.replica, self._teacher, seat.number)

    def _gpus(self) -> float:
        import ray  # noqa: PLC0415 - an extra

        if self._settings.gpus is not None:
            return self._settings.gpus
        resources = ray.cluster_resources()  # type: ignore[no-untyped-call]
        return 1 if resources.get("GPU") else 0

    def _expect_room(self, *, for_ever: bool) -> None:
        """Ray waits without a word for a machine that is large enough."""
        import ray  # noqa: PLC0415 - an extra

        wanted = {"CPU": self._settings.cpus, "GPU": self._gpus()}
        nodes = ray.nodes()  # type: ignore[no-untyped-call]
        machines = [node["Resources"] for node in nodes if node["Alive"]]
        if any(all(has.get(n, 0) >= w for n, w in wanted.items()) for has in machines):
            return
        claim = f"a replica claims {wanted['CPU']:g} cores and {wanted['GPU']:g} GPUs"
        if for_ever:
            raise CotfactoryError(
                f"{claim}, which this machine does not have. Lower engine.cpus or engine.gpus, or "
                "name a cluster in engine.address"
            )
        log.warning("%s; no machine of the cluster has so many: waiting for one to join", claim)

    def _kill(self, seat: _Seat) -> None:
        import ray  # noqa: PLC0415 - an extra

        if seat.actor is not None and ray.is_initialized():
            ray.kill(seat.actor)
        seat.concurrency = 0

    def _join(self) -> None:
        try:
            import ray  # noqa: PLC0415 - an extra
        except ImportError as error:
            raise CotfactoryError(
                "'ray' is not installed. Install it with: pip install 'cotfactory[ray]'"
            ) from error
        if ray.is_initialized():
            return
        address = self._settings.address or os.environ.get("RAY_ADDRESS")
        quiet: dict[str, Any] = {"logging_level": logging.ERROR, "log_to_driver": False}
        try:
            if address:
                ray.init(address=address, **quiet)
            else:
                quiet |= {"include_dashboard": False, "_node_ip_address": "127.0.0.1"}
                ray.init("local", **quiet)
        except (ConnectionError, RuntimeError, ValueError) as error:
            raise CotfactoryError(
                f"no Ray cluster at {address or 'this machine'}: {error}. Start one with "
                "`ray start --head`, or correct engine.address"
            ) from error
        self._ours = True
        self._expect_room(for_ever=not address)

    async def _leave(self) -> None:
        import ray  # noqa: PLC0415 - an extra

        ready = [seat.actor.stop.remote() for seat in self._seats if seat.concurrency]
        if ready:  # engines end their own processes, which a killed actor would leave behind
            await asyncio.wait([asyncio.ensure_future(r) for r in ready], timeout=_SHUT_DOWN_S)
        keepers, self._keepers = self._keepers, []
        for keeper in keepers:
            keeper.cancel()
        await asyncio.gather(*keepers, return_exceptions=True)
        self._news.set()
        if self._ours:
            await asyncio.to_thread(ray.shutdown)


def _now() -> float:
    return asyncio.get_running_loop().time()
