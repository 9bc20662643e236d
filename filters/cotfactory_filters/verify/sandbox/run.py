"""One program in the sandbox, seen from the parent."""

import contextlib
import os
import select
import signal
import socket
import time
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import NamedTuple, Self

from cotfactory_filters.verify.sandbox import wire
from cotfactory_filters.verify.sandbox.limits import Limits, StoppedError
from cotfactory_filters.verify.sandbox.wire import Json

TICK_S = 0.05  # how often a program that lets us wait is looked at
CHUNK_BYTES = 1 << 16
KIB = 1 << 10


class Ending(NamedTuple):
    """How a child ended: its exit code, negative for a signal, and its CPU time."""

    exit_code: int
    cpu_s: float


class Ends(NamedTuple):
    """The parent's ends of what it shares with a child."""

    channel: socket.socket
    process: int  # a pidfd: never another process, however often numbers are used again
    stdout: int | None = None


class Run:
    """Sends to and receives from one child, within its limits. Leaving the context kills it."""

    def __init__(self, ends: Ends, limits: Limits, reap: Callable[[], Ending]) -> None:
        self._ends = ends
        self._limits = limits
        self._reap = reap
        self._looked_at = time.monotonic()
        self._deadline = self._looked_at + limits.wall_s
        self._inbox = wire.Inbox(limits.output_kib * KIB)
        self.ending: Ending | None = None
        self._was_late = False
        ends.channel.settimeout(0)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._end()
        self._ends.channel.close()
        os.close(self._ends.process)
        if self._ends.stdout is not None:
            os.close(self._ends.stdout)

    def send(self, message: Json) -> None:
        """Sends a message.

        Raises:
            StoppedError: the program ended or ran out of its time before it took the message.
        """
        outbox = _Outbox()
        wire.send(outbox, message)
        left = memoryview(outbox.data)
        while left:
            try:
                left = left[self._ends.channel.send(left) :]
            except BlockingIOError:
                self._wait(self._ends.channel.fileno(), select.POLLOUT)
            except OSError:
                raise self._stopped_early() from None

    def receive(self) -> Json:
        """Returns the next message.

        Raises:
            StoppedError: there will be none, or it is none of ours, or time or output ran out.
        """
        try:
            while (message := self._inbox.next()) is None:
                self._inbox.feed(self._received())
        except wire.WireError as error:
            raise StoppedError("garbled", str(error)) from error
        return message

    def output(self) -> bytes:
        """Returns all that the program wrote to standard output until it ended.

        Raises:
            StoppedError: time or output ran out.
        """
        stdout = self._ends.stdout
        written = bytearray()
        while stdout is not None and len(written) <= self._limits.output_kib * KIB:
            self._wait(stdout, select.POLLIN)
            chunk = os.read(stdout, CHUNK_BYTES)
            if not chunk:
                if self._ran_out_of_time():
                    raise self._stopped_early()
                return bytes(written)
            written += chunk
        raise StoppedError("output", "more output than allowed")

    def _received(self) -> bytes:
        self._wait(self._ends.channel.fileno(), select.POLLIN)
        data = b""
        with contextlib.suppress(OSError):
            data = self._ends.channel.recv(CHUNK_BYTES)
        if not data:
            raise self._stopped_early()
        return data

    def _wait(self, descriptor: int, event: int) -> None:
        """Waits until `descriptor` is ready.

        Time and threads are looked at every time: a program that trickles is always ready.
        """
        poll = select.poll()
        poll.register(descriptor, event)
        ready = False
        while not ready:
            ready = bool(poll.poll(TICK_S * 1000))
            now = time.monotonic()
            if now > self._deadline:
                raise StoppedError("timeout", f"no end within {self._limits.wall_s:g} s")
            if now - self._looked_at > TICK_S:
                self._looked_at = now
                threads = _threads(self._ends.process)
                if threads > self._limits.threads:
                    raise StoppedError("threads", f"{threads} threads")

    def _stopped_early(self) -> StoppedError:
        """Says how the program ended that should have gone on."""
        if self._ran_out_of_time():
            limits = f"{self._limits.cpu_s} s of CPU time, {self._limits.wall_s:g} s in all"
            return StoppedError("timeout", f"no end within {limits}")
        ending = self._end(kill=False)
        return StoppedError("ended", f"ended early with exit code {ending.exit_code}")

    def _ran_out_of_time(self) -> bool:
        """Whether the deadline or the CPU limit ended it.

        The kernel does not say that a SIGKILL was for the CPU limit, and counts that time a
        little otherwise than it reports it.
        """
        ending = self._end(kill=False)
        spent = ending.cpu_s >= self._limits.cpu_s / 2
        return self._was_late or (ending.exit_code == -signal.SIGKILL and spent)

    def _end(self, *, kill: bool = True) -> Ending:
        """Ends the child; without `kill` it gets the rest of its time to end by itself."""
        if self.ending is None:
            poll = select.poll()
            poll.register(self._ends.process, select.POLLIN)
            left_s = max(0.0, self._deadline - time.monotonic())
            self._was_late = not kill and not poll.poll(left_s * 1000)
            if kill or self._was_late:
                with contextlib.suppress(ProcessLookupError):
                    signal.pidfd_send_signal(self._ends.process, signal.SIGKILL)
            self.ending = self._reap()
        return self.ending


class _Outbox:
    """Collects a message's bytes."""

    def __init__(self) -> None:
        self.data = b""

    def sendall(self, data: bytes, /) -> None:
        self.data += data

    def recv(self, _size: int, /) -> bytes:
        return b""


def _threads(process: int) -> int:
    """Returns how many threads the process behind a pidfd has, 0 when it is gone."""
    try:
        info = Path(f"/proc/self/fdinfo/{process}").read_text(encoding="ascii")
        number = info.partition("Pid:")[2].split()[0]
        status = Path(f"/proc/{number}/status").read_text(encoding="utf-8", errors="replace")
        return int(status.partition("Threads:")[2].split()[0])
    except (OSError, IndexError, ValueError):
        return 0
