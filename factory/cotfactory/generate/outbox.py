"""Makes accepted rows durable in small groups, beside the event loop."""

import asyncio
from collections.abc import Callable

from cotfactory.errors import CotfactoryError
from cotfactory.store.run import Row, RunWriter

GROUP_ROWS = 512
GATHER_S = 0.05  # waits so long for company: an fsync for each row would cost more than it saves


class Outbox:
    """Rows on their way to the run, in the order in which they were put."""

    def __init__(self, run: RunWriter) -> None:
        self.backlog = 0  # rows that are not durable yet
        self.on_durable: Callable[[], None] = lambda: None
        self._run = run
        self._rows: asyncio.Queue[Row | None] = asyncio.Queue()
        self._task: asyncio.Task[None] | None = None

    def put(self, row: Row) -> None:
        """Adds a row; it is durable at the latest when `close` returns."""
        self.backlog += 1
        self._rows.put_nowait(row)

    def start(self) -> None:
        """Starts writing, in the running event loop."""
        self._task = asyncio.create_task(self._write())

    def check(self) -> None:
        """Raises what stopped the writing, if anything did.

        Raises:
            CotfactoryError: the rows cannot be written.
        """
        if self._task is not None and self._task.done():
            self._task.result()

    async def close(self) -> None:
        """Waits until all rows are durable.

        Raises:
            CotfactoryError: they could not be written.
        """
        self._rows.put_nowait(None)
        if self._task is not None:
            await self._task

    async def _write(self) -> None:
        group: list[Row] = []
        ended = False
        while not ended:
            row = await self._rows.get()
            while row is not None:
                group.append(row)
                if len(group) >= GROUP_ROWS:
                    break
                if self._rows.empty():
                    await asyncio.sleep(GATHER_S)
                    if self._rows.empty():
                        break
                row = self._rows.get_nowait()
            ended = row is None
            await asyncio.to_thread(self._append, group)
            self.backlog -= len(group)
            self.on_durable()
            group = []

    def _append(self, group: list[Row]) -> None:
        if not group:
            return
        try:
            self._run.append(group)
        except OSError as error:
            raise CotfactoryError(
                f"{self._run.path}: cannot be written: {error}. What was accepted before is safe. "
                "Make room or mend the disk, then run the same command again"
            ) from error
