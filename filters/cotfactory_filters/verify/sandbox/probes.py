"""The self-test: tries to escape, and says what succeeded."""

import os
import socket
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Protocol

from cotfactory_filters.verify.sandbox import wire
from cotfactory_filters.verify.sandbox.limits import Limits, StoppedError
from cotfactory_filters.verify.sandbox.run import Run

HANG_S = 0.3
PATIENCE_S = 30.0  # a busy machine is no escape

_PROBES = r"""
import ctypes, os, resource, socket, sys

def tried(act):
    try:
        act()
    except (OSError, AttributeError):
        return False
    return True

def read_outside(canary, pid, port, name):
    return tried(lambda: open(canary).read())

def write_outside(canary, pid, port, name):
    return tried(lambda: open(canary, "a").write("x")) or tried(lambda: open(canary + "2", "w"))

def change_outside(canary, pid, port, name):
    return tried(lambda: os.chmod(canary, 0o777)) or tried(lambda: os.unlink(canary))

def read_proc(canary, pid, port, name):
    return tried(lambda: open("/proc/%d/environ" % pid, "rb").read())

def connect(canary, pid, port, name):
    def unix():
        socket.socket(socket.AF_UNIX).connect("\0" + name)
    return tried(lambda: socket.create_connection(("127.0.0.1", port), 1)) or tried(unix)

def signal_others(canary, pid, port, name):
    others = (pid, os.getppid(), -1)
    return any(tried(lambda target=target: os.kill(target, 0)) for target in others)

def limit_others(canary, pid, port, name):
    which = resource.RLIMIT_NOFILE
    return any(tried(lambda target=target: resource.prlimit(target, which)) for target in (pid, 1))

def fork(canary, pid, port, name):
    def act():
        if os.fork() == 0:
            os._exit(0)
    return tried(act)

def run_others(canary, pid, port, name):
    return tried(lambda: os.execv(sys.executable, [sys.executable, "-c", ""]))

def memory_file(canary, pid, port, name):
    return tried(lambda: os.memfd_create("x"))

def environment(canary, pid, port, name):
    allowed = {"PYTHONHASHSEED", "LC_ALL", "OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"}
    return bool(set(os.environ) - allowed)

def trace(canary, pid, port, name):
    return ctypes.CDLL(None).ptrace(16, pid, 0, 0) == 0

def more_namespaces(canary, pid, port, name):
    return ctypes.CDLL(None).unshare(0x10000000) == 0

def memory(mib):
    try:
        return len(bytearray(mib << 20)) > 0
    except MemoryError:
        return False

def hang():
    while True:
        pass

def sleep():
    import time
    time.sleep(600)
"""
_ESCAPES = (
    "read_outside",
    "write_outside",
    "change_outside",
    "read_proc",
    "connect",
    "signal_others",
    "limit_others",
    "fork",
    "run_others",
    "memory_file",
    "environment",
    "trace",
    "more_namespaces",
)


class Place(Protocol):
    """What runs programs: a Sandbox."""

    limits: Limits

    def run(self, mode: str, *, limits: Limits | None = None) -> Run:
        """Starts a child."""
        ...


def escapes(sandbox: Place) -> list[str]:
    """Returns the names of the probes that the sandbox did not hold back."""
    with _bait() as bait:
        found = [name for name in _ESCAPES if _succeeds(sandbox, name, bait)]
    if _succeeds(sandbox, "memory", [sandbox.limits.memory_mib * 2]):
        found.append("memory")
    return found + [name for name in ("hang", "sleep") if not _is_stopped(sandbox, name)]


def _succeeds(sandbox: Place, probe: str, args: list[object]) -> bool:
    """Runs one probe. Only a refusal is one: a child that breaks may break for another reason."""
    patient = sandbox.limits.model_copy(update={"wall_s": PATIENCE_S})
    try:
        with sandbox.run("serve", limits=patient) as run:
            run.send({"prelude": "", "program": _PROBES})
            run.receive()
            sent = [wire.encode(arg) for arg in args]
            run.send({"name": probe, "args": sent, "kwargs": {}, "nonce": probe})
            return bool(run.receive().get("value") is not False)
    except StoppedError:
        return True


def _is_stopped(sandbox: Place, probe: str) -> bool:
    impatient = sandbox.limits.model_copy(update={"wall_s": HANG_S})
    with sandbox.run("serve", limits=impatient) as run:
        try:
            run.send({"prelude": "", "program": _PROBES})
            run.receive()
            run.send({"name": probe, "args": [], "kwargs": {}, "nonce": probe})
            run.receive()
        except StoppedError as stopped:
            return stopped.kind == "timeout"
    return False


@contextmanager
def _bait() -> Iterator[list[object]]:
    """Yields what the probes go for: a file, this process, a port, an abstract socket."""
    name = f"cotfactory-{os.getpid()}-{os.urandom(4).hex()}"
    with (
        tempfile.TemporaryDirectory() as folder,
        socket.create_server(("127.0.0.1", 0)) as listener,
        socket.socket(socket.AF_UNIX) as abstract,
    ):
        canary = Path(folder, "canary")
        canary.write_text("canary", encoding="utf-8")
        abstract.bind("\0" + name)
        abstract.listen()
        yield [str(canary), os.getpid(), listener.getsockname()[1], name]
