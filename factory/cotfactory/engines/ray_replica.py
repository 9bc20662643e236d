"""One replica: an engine of any kind inside a Ray actor."""

from dataclasses import dataclass

from cotfactory.engines import Completion, Engine, EngineError, EngineLost, Request, make_engine
from cotfactory.errors import CotfactoryError
from cotfactory_schemas import Plugin, Teacher


@dataclass(frozen=True)
class Fault:
    """An engine's error, as a value: Ray changes the types of exceptions on their way."""

    what: str
    lost: bool


class Replica:
    """Runs in a process of its own, on any machine of the cluster. `number` is for its log."""

    def __init__(self, plugin: Plugin, teacher: Teacher, number: int) -> None:
        self._engine: Engine = make_engine(plugin, teacher)
        self._number = number

    async def start(self) -> int | Fault:
        """Loads the model; returns the requests in flight that the engine can use."""
        try:
            await self._engine.__aenter__()
        except CotfactoryError as error:
            return Fault(str(error), lost=True)
        return self._engine.concurrency

    async def sample(self, request: Request) -> Completion | Fault:
        """Generates one answer."""
        try:
            return await self._engine.sample(request)
        except (EngineError, EngineLost) as error:
            return Fault(str(error), lost=isinstance(error, EngineLost))

    async def stop(self) -> None:
        """Frees the model and ends the engine's own processes."""
        await self._engine.__aexit__(None, None, None)
