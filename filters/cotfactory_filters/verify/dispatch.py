"""Keeps worker processes busy, and ends those that hang."""

import contextlib
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections import deque
from multiprocessing.connection import Connection
from typing import NamedTuple

from cotfactory_filters.verify import messages
from cotfactory_filters.verify.answer import Judgement
from cotfactory_filters.verify.memo import Settle
from cotfactory_filters.verify.messages import Limits, Outcome
from cotfactory_schemas.recipe import VerifySettings

BATCH = 32  # jobs in one message: hides the hand-over, small enough to share work fairly
GRACE_S = 0.3  # what a worker gets beyond an item's limit to end it itself
STARTUP_S = 120.0  # imports on a busy machine
JOIN_S = 10.0


class Task(NamedTuple):
    """A job as `messages` writes it, its limit, and who wants its outcome."""

    job: str
    timeout_s: float
    settle: Settle


class WorkerProcess:
    """One worker and the socket to it."""

    def __init__(self, settings: VerifySettings) -> None:
        ours, theirs = socket.socketpair()
        with theirs:
            command = ["-P", "-W", "ignore", "-m", "cotfactory_filters.verify.worker"]
            self._process = subprocess.Popen(  # noqa: S603 - our own interpreter and module
                [sys.executable, *command, str(theirs.fileno())],
                pass_fds=(theirs.fileno(),),
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                start_new_session=True,
            )
        self._socket = Connection(ours.detach())
        self.send(messages.write_limits(Limits(settings.memory_mib, settings.verifiers)))

    def send(self, message: bytes) -> None:
        """Sends; that a worker is gone shows when its reply is awaited."""
        with contextlib.suppress(OSError):
            self._socket.send_bytes(message)

    def answer(self, timeout_s: float, *, first: bool) -> tuple[Outcome, float, bool]:
        """Returns the outcome of the next job, the seconds spent, and whether the worker lives.

        Before the `first` job of a batch the worker says that it has started.
        """
        started = time.perf_counter()
        try:
            if first and self._reply(STARTUP_S) is None:
                return Judgement("error", "", detail="the worker did not start"), 0.0, False
            started = time.perf_counter()
            reply = self._reply(timeout_s + GRACE_S)
            outcome = None if reply is None else messages.read_outcome(reply)
        except (EOFError, OSError):
            self.kill()
            code = self._process.wait()
            died = Judgement("error", "", detail=f"the worker process ended (code {code})")
            return died, time.perf_counter() - started, False
        except ValueError:
            garbled = Judgement("error", "", detail="the worker said nothing that can be read")
            return garbled, time.perf_counter() - started, False
        seconds = time.perf_counter() - started
        if outcome is None:
            late = Judgement("timeout", "", detail=f"no verdict within {timeout_s:g} s")
            return late, seconds, False
        return outcome, seconds, True

    def _reply(self, timeout_s: float) -> bytes | None:
        return self._socket.recv_bytes() if self._socket.poll(timeout_s) else None

    def kill(self) -> None:
        """Ends the worker and what it started, at once."""
        with contextlib.suppress(ProcessLookupError):
            if self._process.poll() is None:
                os.killpg(self._process.pid, signal.SIGKILL)

    def close(self) -> None:
        """Ends the worker and frees what it held."""
        self.kill()
        self._process.wait()
        self._socket.close()


class Dispatcher:
    """A queue of tasks and one thread for each worker process."""

    def __init__(self, settings: VerifySettings) -> None:
        self._settings = settings
        self._tasks: deque[Task] = deque()
        self._changed = threading.Condition()
        self._closed = False
        self._cancelled = False
        self._workers: dict[int, WorkerProcess] = {}
        self._threads = [
            threading.Thread(target=self._serve, args=(i,), name=f"verify-{i}", daemon=True)
            for i in range(settings.workers)
        ]
        for thread in self._threads:
            thread.start()

    def submit(self, task: Task) -> None:
        """Queues `task`; a worker starts when there is a first one for it."""
        with self._changed:
            if not self._closed:
                self._tasks.append(task)
                self._changed.notify()
                return
        task.settle(None, 0.0)

    def close(self, *, cancel: bool) -> None:
        """Ends threads and workers; `cancel` drops what is queued and under way."""
        with self._changed:
            self._closed = True
            self._cancelled = self._cancelled or cancel
            self._changed.notify_all()
            workers = list(self._workers.values()) if self._cancelled else []
        for worker in workers:
            worker.kill()
        for thread in self._threads:
            thread.join(JOIN_S if self._cancelled else None)

    def _serve(self, index: int) -> None:
        while batch := self._next_batch():
            while batch and not self._cancelled:
                batch = self._run(index, batch)
            for task in batch:
                task.settle(None, 0.0)
        self._retire(index)

    def _next_batch(self) -> list[Task]:
        """Waits for work; an empty list means that there will be no more."""
        with self._changed:
            while not self._tasks and not self._closed:
                self._changed.wait()
            share = -(-len(self._tasks) // len(self._threads))
            return [self._tasks.popleft() for _ in range(min(BATCH, share))]

    def _run(self, index: int, batch: list[Task]) -> list[Task]:
        """Has a worker do `batch`; returns what is left when the worker had to be ended."""
        worker = self._worker(index)
        worker.send(messages.write_batch([task.job for task in batch]))
        for position, task in enumerate(batch):
            outcome, seconds, alive = worker.answer(task.timeout_s, first=not position)
            if self._cancelled:
                return batch[position:]
            task.settle(outcome, seconds)
            if not alive:
                self._retire(index)
                return batch[position + 1 :]
        return []

    def _worker(self, index: int) -> WorkerProcess:
        worker = self._workers.get(index)
        if worker is None:
            worker = WorkerProcess(self._settings)
            with self._changed:
                self._workers[index] = worker
                if self._cancelled:  # close() did not see it
                    worker.kill()
        return worker

    def _retire(self, index: int) -> None:
        with self._changed:
            worker = self._workers.pop(index, None)
        if worker is not None:
            worker.close()
