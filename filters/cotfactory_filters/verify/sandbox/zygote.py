"""The warm process that forks a child for every program, behind the chosen layers.

It gets no program text and no expected value: those pass between the parent and the child.
"""

import fcntl
import gc
import importlib
import json
import os
import select
import shutil
import signal
import site
import socket
import sys
import threading
from pathlib import Path
from typing import Any

from cotfactory_filters.verify.sandbox import child, landlock, namespaces, seccomp, syscalls

WARM = (
    "array bisect calendar cmath collections contextlib copy dataclasses datetime decimal enum "
    "fractions functools hashlib heapq io itertools json math numbers operator queue random re "
    "statistics string struct textwrap threading time typing unicodedata"
)
"""Modules that programs often use, imported once here rather than in every child."""
MESSAGE_BYTES = 1 << 16
READY = b"ready"
THREAD_STACK_BYTES = 8 << 20
RULES_DESCRIPTOR = 64  # or higher: above those that a child uses


def main() -> None:
    """Serves requests of the parent, whose socket is the descriptor in the first argument."""
    control = socket.socket(fileno=int(sys.argv[1]))
    syscalls.die_with_parent(signal.SIGKILL)
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # a Ctrl-C is the parent's to handle
    setup = json.loads(control.recv(MESSAGE_BYTES))
    for module in WARM.split():
        importlib.import_module(module)
    for module, folder in setup["modules"].items():
        sys.path.append(folder)
        importlib.import_module(module)
        sys.path.remove(folder)
    threading.stack_size(THREAD_STACK_BYTES)  # not the main thread's, which is for deep recursion
    site.setquit()  # exit() and quit(), which -S leaves out
    try:
        zygote = Zygote(control, setup)
    except syscalls.LayerError as error:
        control.send(str(error).encode())
        return
    control.send(READY)
    gc.collect()
    gc.freeze()  # children share these pages as long as nobody writes to them
    zygote.serve()


class Zygote:
    """Forks confined children and says when they ended."""

    def __init__(self, control: socket.socket, setup: dict[str, Any]) -> None:
        self._control = control
        self._limits: dict[str, int] = setup["limits"]
        self._limits["base_bytes"] = _address_space_bytes()
        self._own_files = "namespaces" in setup["layers"]
        self._home = setup["home"]
        self._guard = _put_up(setup)
        self._running: dict[int, tuple[int, int]] = {}  # pidfd: (run's number, process id)

    def serve(self) -> None:
        """Serves until the parent is gone."""
        poll = select.poll()
        poll.register(self._control, select.POLLIN)
        while True:
            for descriptor, _event in poll.poll():
                if descriptor != self._control.fileno():
                    poll.unregister(descriptor)
                    self._report_end(descriptor)
                    continue
                started = self._start_next()
                if started is None:
                    return
                poll.register(started, select.POLLIN)

    def _start_next(self) -> int | None:
        """Forks a child for the next request; returns its pidfd, None when there is no parent."""
        message, descriptors, _flags, _address = socket.recv_fds(self._control, MESSAGE_BYTES, 3)
        if not message:
            return None
        number, mode = message.decode().split()
        home = self._make_home(number)
        process = os.fork()
        if not process:
            syscalls.die_with_parent(signal.SIGKILL)
            os.chdir(home)
            child.run(mode, descriptors, self._limits, self._guard)
        for descriptor in descriptors:
            os.close(descriptor)
        ended = os.pidfd_open(process)
        self._running[ended] = (int(number), process)
        socket.send_fds(self._control, [b"+"], [ended])
        return ended

    def _make_home(self, number: str) -> str:
        """Makes a child's own directory, where there is a file system of limited size for it."""
        if not self._own_files:
            return str(self._home)
        home = Path(namespaces.TEMPORARY, number)
        home.mkdir()
        return str(home)

    def _report_end(self, ended: int) -> None:
        number, process = self._running.pop(ended)
        os.close(ended)
        _, status, usage = os.wait4(process, 0)
        if self._own_files and not self._running:
            _empty(Path(namespaces.TEMPORARY))
        exit_code = os.waitstatus_to_exitcode(status)
        cpu_s = usage.ru_utime + usage.ru_stime
        self._control.send(b"-%d %d %.3f" % (number, exit_code, cpu_s))


def _empty(folder: Path) -> None:
    """Removes all that programs left, wherever in `folder` they put it."""
    for path in folder.iterdir():
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path, ignore_errors=True)
        else:
            path.unlink()


def _put_up(setup: dict[str, Any]) -> child.Guard:
    layers, readable = setup["layers"], setup["readable"]
    if not layers:
        return child.Guard(None, None)
    syscalls.require_machine()
    if "namespaces" in layers:
        namespaces.enter(readable, setup["temporary_bytes"], setup["temporary_files"])
    rules = None
    if "landlock" in layers:
        writable = [namespaces.TEMPORARY] if "namespaces" in layers else []
        made = landlock.ruleset([*readable, "/dev/urandom"], [*writable, "/dev/null"])
        rules = fcntl.fcntl(made, fcntl.F_DUPFD_CLOEXEC, RULES_DESCRIPTOR)
    return child.Guard(rules, seccomp.program() if "seccomp" in layers else None)


def _address_space_bytes() -> int:
    pages = int(Path("/proc/self/statm").read_text().split()[0])
    return pages * os.sysconf("SC_PAGESIZE")


if __name__ == "__main__":
    main()
