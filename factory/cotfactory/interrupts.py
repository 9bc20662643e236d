"""SIGINT and SIGTERM end a command at any moment with one line, and leave no process behind."""

import atexit
import os
import signal
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

from cotfactory.errors import EndedError, StoppedError

SIGNALS = (signal.SIGINT, signal.SIGTERM)
PATIENCE_S = 3.0
"""How long native code, in which Python hears no signal, may go on after one came."""


class _Interrupt(SystemExit):
    """Raised in the main thread; asyncio passes it on, and no `except Exception` holds it."""


class _Ending:
    """Which signals came, and how the command ends for the first of them."""

    def __init__(self, *, resumable: bool) -> None:
        self.resumable = resumable
        self.received: list[int] = []

    def error(self, number: int) -> StoppedError | EndedError:
        name = signal.Signals(number).name
        if self.resumable:
            return StoppedError(f"stopped by {name}; run the same command again to go on")
        return EndedError(f"ended by {name}", number)

    def answer(self, number: int, _frame: FrameType | None) -> None:
        """Ends the main thread in good order at a first signal, the process at a second."""
        self.received.append(number)
        _end_children()
        if len(self.received) > 1:
            os._exit(self.error(self.received[0]).exit_code)
        raise _Interrupt

    def watch(self, signals: int) -> None:
        """Ends the process when a signal, read from `signals`, is not answered in time."""
        heard = 0
        while True:
            number = os.read(signals, 1)[0]
            if number not in SIGNALS:
                continue
            heard += 1
            if len(self.received) < heard:
                time.sleep(PATIENCE_S)
            if len(self.received) < heard:
                self._end_now(number)

    def unraisable(self, args: "sys.UnraisableHookArgs") -> None:
        """Ends the process when a signal came inside a callback that can raise nothing."""
        if isinstance(args.exc_value, _Interrupt):
            self._end_now(self.received[0])
        sys.__unraisablehook__(args)

    def _end_now(self, number: int) -> None:
        _end_children()
        error = self.error(number)
        os.write(2, f"{error}\n".encode())
        os._exit(error.exit_code)


@contextmanager
def ending(*, resumable: bool) -> Iterator[None]:
    """Ends what runs inside at the first signal in good order, at a second one at once.

    Raises:
        StoppedError: a signal came, and the same command goes on where it was.
        EndedError: a signal came, and there is nothing to go on with.
    """
    end = _Ending(resumable=resumable)
    atexit.register(_ignore)  # the interpreter puts the defaults back when all is done
    sys.unraisablehook = end.unraisable
    reading, writing = os.pipe()
    os.set_blocking(writing, False)
    signal.set_wakeup_fd(writing, warn_on_full_buffer=False)
    threading.Thread(target=end.watch, args=(reading,), name="signals", daemon=True).start()
    for number in SIGNALS:
        signal.signal(number, end.answer)
    try:
        yield
    except BaseException:
        if not end.received:
            raise
    if end.received:
        raise end.error(end.received[0])


@contextmanager
def kept() -> Iterator[None]:
    """Puts back what answers signals: an event loop leaves the system's defaults behind."""
    handlers = {number: signal.getsignal(number) for number in SIGNALS}
    writing = signal.set_wakeup_fd(-1)
    signal.set_wakeup_fd(writing, warn_on_full_buffer=False)
    try:
        yield
    finally:
        for number, handler in handlers.items():
            signal.signal(number, handler)
        signal.set_wakeup_fd(writing, warn_on_full_buffer=False)


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


def _ignore() -> None:
    for number in SIGNALS:
        signal.signal(number, signal.SIG_IGN)


def _end_children() -> None:
    loaded = sys.modules.get("multiprocessing")
    for child in loaded.active_children() if loaded else ():
        child.kill()
