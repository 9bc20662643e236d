"""One writer per run, by a lock that the system releases when its holder dies."""

import fcntl
import json
import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path

from cotfactory.errors import CotfactoryError
from cotfactory.store.atomic import make_folder


@contextmanager
def locked(run: Path) -> Iterator[None]:
    """Holds the run's lock.

    Raises:
        CotfactoryError: another process holds it; the message names the holder.
    """
    make_folder(run)
    # Python opens close-on-exec: a child that outlives us must not keep the lock.
    descriptor = os.open(run / ".lock", os.O_RDWR | os.O_CREAT, 0o644)
    try:
        _acquire(descriptor, run)
        yield
    finally:
        os.close(descriptor)


def _acquire(descriptor: int, run: Path) -> None:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        raise CotfactoryError(f"{run}: is being written by {_holder(descriptor)}") from None
    since = datetime.now().astimezone().isoformat(timespec="minutes")
    holder = {"pid": os.getpid(), "host": socket.gethostname(), "since": since}
    os.ftruncate(descriptor, 0)
    os.pwrite(descriptor, json.dumps(holder).encode(), 0)


def _holder(descriptor: int) -> str:
    try:
        holder = json.loads(os.pread(descriptor, 4096, 0))
        who = f"process {holder['pid']} on host {holder['host']} since {holder['since']}"
    except (ValueError, KeyError, TypeError):
        who = "another process"
    return f"{who}. Wait for it, or look with: cotfactory status RUN"


def is_locked(run: Path) -> bool:
    """Says whether a process writes the run now."""
    path = run / ".lock"
    if not path.exists():
        return False
    with path.open("rb") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
    return False
