"""Runs one function over many tasks, in worker processes where that pays."""

import multiprocessing
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool
from types import TracebackType
from typing import Self, TypeVar

from cotfactory import interrupts
from cotfactory.errors import CotfactoryError

T = TypeVar("T")
R = TypeVar("R")


class Workers:
    """So many worker processes, which start at their first task; one means this process.

    `doing` tells people what they were at when one was killed.
    """

    def __init__(self, count: int, doing: str) -> None:
        self._doing = doing
        # A fork would copy the locks of Polars' and Arrow's threads in whatever state they are in.
        spawn = multiprocessing.get_context("spawn")
        self._pool = ProcessPoolExecutor(count, spawn) if count > 1 else None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._pool:
            self._pool.shutdown(cancel_futures=True)

    @property
    def beside(self) -> bool:
        """Whether they are processes beside this one."""
        return self._pool is not None

    def each(self, function: Callable[[T], R], tasks: Sequence[T]) -> Iterator[R]:
        """Yields what `function` returns of each task as it is done; they begin in their order.

        `function` is one that a module defines, and tasks and results can be pickled.

        Raises:
            CotfactoryError: a worker process was killed.
        """
        if self._pool is None:
            yield from map(function, tasks)
            return
        try:
            with interrupts.held():
                futures = [self._pool.submit(function, task) for task in tasks]
            for future in as_completed(futures):
                yield future.result()
        except BrokenProcessPool as error:
            raise CotfactoryError(
                f"A worker process was killed while {self._doing}, most likely for its memory. "
                "What is done is kept: run the same command again, with --set filter.workers=1."
            ) from error
