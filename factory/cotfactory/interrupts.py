"""SIGINT and SIGTERM end a command at any moment with one line, and leave no process behind."""

import os
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

from cotfactory.errors import EndedError, StoppedError

SIGNALS = (signal.SIGINT, signal.SIGTERM)


class _Interrupt(SystemExit):
    """Raised in the main thread; asyncio passes it on, and no `except Exception` holds it."""


class _Ending:
    """What the first signal was, and how the command ends for it."""

    def __init__(self, *, resumable: bool) -> None:
        self.resumable = resumable
        self.received: int | None = None

    @property
    def error(self) -> StoppedError | EndedError:
        number = self.received or signal.SIGTERM
        name = signal.Signals(number).name
        if self.resumable:
            return StoppedError(f"stopped by {name}; run the same command again to go on")
        return EndedError(f"ended by {name}", number)

    def receive(self, number: int, _frame: FrameType | None) -> None:
        """Answers a signal, in the main thread, wherever that is."""
        _end_children()
        if self.received is not None:
            os._exit(self.error.exit_code)
        self.received = number
        raise _Interrupt

    def unraisable(self, args: "sys.UnraisableHookArgs") -> None:
        """Ends at once when a signal came inside a callback that can raise nothing."""
        if not isinstance(args.exc_value, _Interrupt):
            sys.__unraisablehook__(args)
            return
        os.write(2, f"{self.error}\n".encode())
        os._exit(self.error.exit_code)


@contextmanager
def ending(*, resumable: bool) -> Iterator[None]:
    """Ends what runs inside at the first signal in good order, at a second one at once.

    Raises:
        StoppedError: a signal came, and the same command goes on where it was.
        EndedError: a signal came, and there is nothing to go on with.
    """
    end = _Ending(resumable=resumable)
    sys.unraisablehook = end.unraisable
    for number in SIGNALS:
        signal.signal(number, end.receive)
    try:
        yield
    except BaseException:
        if end.received is None:
            raise
    if end.received is not None:
        raise end.error


@contextmanager
def kept() -> Iterator[None]:
    """Puts back what answers signals: an event loop leaves the system's defaults behind."""
    handlers = {number: signal.getsignal(number) for number in SIGNALS}
    try:
        yield
    finally:
        for number, handler in handlers.items():
            signal.signal(number, handler)


@contextmanager
def held() -> Iterator[None]:
    """Keeps SIGINT from this thread, and for good from processes that start inside.

    A terminal sends it to all of a command's processes; only the first of them is to answer.
    """
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _end_children() -> None:
    loaded = sys.modules.get("multiprocessing")
    for child in loaded.active_children() if loaded else ():
        child.kill()
