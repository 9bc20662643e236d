"""What the scheduler leans on: the outbox for rows, worker processes for verdicts."""

import asyncio
from collections.abc import Callable

from cotfactory.errors import CotfactoryError
from cotfactory.generate.outbox import Outbox
from cotfactory.store.run import Row
from cotfactory_filters.verify.pool import VerifierPool
from cotfactory_schemas import Problem, Trace, Verdict


class Station:
    """Takes rows and gives verdicts; a fault in either stops the scheduler at its next check."""

    def __init__(self, outbox: Outbox, pool: VerifierPool) -> None:
        self._outbox = outbox
        self._pool = pool
        self._failure: CotfactoryError | None = None

    def put(self, row: Row) -> None:
        """Sends a row on its way to the run."""
        self._outbox.put(row)

    @property
    def backlog(self) -> int:
        """How many rows are on their way to the run."""
        return self._outbox.backlog

    def on_durable(self, call: Callable[[], None]) -> None:
        """Has `call` called, in the event loop, whenever the backlog has shrunk."""
        self._outbox.on_durable = call

    def fail(self, error: CotfactoryError) -> None:
        """Makes the next check raise `error`."""
        self._failure = error

    def check(self) -> None:
        """Raises what went wrong since the last check.

        Raises:
            CotfactoryError: rows cannot be written, or the engine refuses everything.
        """
        self._outbox.check()
        if self._failure is not None:
            raise self._failure

    async def verdict(self, problem: Problem, trace: Trace) -> Verdict:
        """Judges a trace in a worker process; a record of a failure is judged as one."""
        if trace.finish_reason == "error":
            return Verdict(
                trace_id=trace.trace_id,
                status="error",
                verifier=problem.verifier,
                version=0,
                method="engine",
                detail=trace.error or "",
            )
        return await asyncio.wrap_future(self._pool.submit(problem, trace))
