"""What runs in the forked child: confines itself, then runs one program.

From the moment the program runs, nothing in this process can be trusted, this module included.
"""

import atexit
import importlib
import operator
import os
import resource
import sys
import threading
import types
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any, NoReturn

from cotfactory_filters.verify.sandbox import landlock, seccomp, syscalls, wire
from cotfactory_filters.verify.sandbox.remote import Remote
from cotfactory_filters.verify.sandbox.wire import Json

CHANNEL = 3
MIB = 1 << 20
STACK_MIB = 64
DESCRIPTORS = 32
DESCRIPTORS_AT_MOST = 4096  # in the zygote, by far
MESSAGE_CHARS = 200


@dataclass(frozen=True)
class Guard:
    """What confines a child, made once in the zygote. None: that layer is not used."""

    landlock_rules: int | None
    seccomp_filter: bytes | None

    def put_on(self) -> None:
        """Confines this process for good."""
        if self.landlock_rules is None and self.seccomp_filter is None:
            return
        syscalls.set_no_new_privileges()
        if self.landlock_rules is not None:
            landlock.restrict_self(self.landlock_rules)
            os.close(self.landlock_rules)
        syscalls.drop_capabilities()
        if self.seccomp_filter is not None:
            seccomp.restrict_self(self.seccomp_filter)


class Channel:
    """The socket to the parent, through read and write: the filter allows no socket calls."""

    def sendall(self, data: bytes) -> None:
        """Sends all of `data`."""
        view = memoryview(data)
        while view:
            view = view[os.write(CHANNEL, view) :]

    def recv(self, size: int) -> bytes:
        """Receives up to `size` bytes; none at the end."""
        return os.read(CHANNEL, size)

    def receive(self) -> dict[str, Any]:
        """Waits for a message; ends the process when there will be none."""
        message = wire.receive(self)
        if not isinstance(message, dict):
            os._exit(0)
        return message


def run(mode: str, descriptors: list[int], limits: dict[str, int], guard: Guard) -> NoReturn:
    """Confines this process, runs one program in `mode`, and ends.

    `descriptors` are the channel and, in mode `script`, standard input and standard output.
    """
    code = 1
    try:
        _arrange(descriptors, keep=guard.landlock_rules)
        _limit(limits)
        guard.put_on()
        code = _MODES[mode](Channel())
    finally:
        os._exit(code)


def _arrange(descriptors: list[int], keep: int | None) -> None:
    """Leaves 0, 1, 2, the channel and the rules, and closes everything else."""
    null = os.open("/dev/null", os.O_RDWR)
    channel, *script = [os.dup(d) for d in descriptors]
    stdin, stdout = script or (null, null)
    for source, target in ((stdin, 0), (stdout, 1), (null, 2), (channel, CHANNEL)):
        os.dup2(source, target)
    last = CHANNEL
    if keep is not None:
        os.closerange(last + 1, keep)
        last = keep
    os.closerange(last + 1, DESCRIPTORS_AT_MOST)


def _limit(limits: dict[str, int]) -> None:
    for name, value in (
        ("RLIMIT_CPU", limits["cpu_s"]),
        ("RLIMIT_AS", limits["base_bytes"] + limits["memory_mib"] * MIB),
        ("RLIMIT_FSIZE", limits["file_mib"] * MIB),
        ("RLIMIT_NOFILE", DESCRIPTORS),
        ("RLIMIT_CORE", 0),
        ("RLIMIT_MEMLOCK", 0),
        ("RLIMIT_MSGQUEUE", 0),
        ("RLIMIT_STACK", STACK_MIB * MIB),
    ):
        _lower(getattr(resource, name), value)


def _lower(which: int, value: int) -> None:
    _, hard = resource.getrlimit(which)
    if hard != resource.RLIM_INFINITY:
        value = min(value, hard)
    resource.setrlimit(which, (value, value))


def _fault(error: BaseException) -> dict[str, Json]:
    try:
        message = str(error)[:MESSAGE_CHARS]
    except Exception:  # noqa: BLE001 - the program's own exception class
        message = ""
    return {"error": type(error).__name__, "message": message}


def _module(name: str) -> dict[str, Any]:
    made = types.ModuleType(name)
    sys.modules[name] = made  # dataclasses and typing look a class's module up
    return made.__dict__


def _execute(source: str, name: str, namespace: dict[str, Any]) -> None:
    exec(compile(source, name, "exec", dont_inherit=True), namespace)  # noqa: S102 - confined


def _serve(channel: Channel) -> int:
    """Loads a program, then calls its functions as asked."""
    job = channel.receive()
    namespace = _module("solution")
    try:
        _execute(job["prelude"], "prelude.py", namespace)
        _execute(job["program"], "solution.py", namespace)
    except BaseException as error:  # noqa: BLE001 - SystemExit too
        wire.send(channel, _fault(error))
        return 1
    modules = [n for n, v in namespace.items() if isinstance(v, types.ModuleType)]
    functions = [n for n, v in namespace.items() if callable(v)]
    wire.send(channel, {"functions": functions, "modules": modules})
    objects: list[object] = []
    while True:
        asked = channel.receive()
        wire.send(channel, {"nonce": asked["nonce"], **_answered(namespace, objects, asked)})


def _answered(
    namespace: dict[str, Any], objects: list[object], asked: dict[str, Any]
) -> dict[str, Json]:
    """Does what is asked of a function or an object; objects stay here, under a number."""
    try:
        find = partial(_resolve, namespace, objects)
        args = [_with_objects(wire.decode(arg), find) for arg in asked["args"]]
        kwargs = {k: _with_objects(wire.decode(v), find) for k, v in asked["kwargs"].items()}
        target = find(asked["name"])
        value = _OPERATIONS[asked.get("do", "call")](target, *args, **kwargs)
        encoded = wire.encode(value)
        if isinstance(encoded, dict) and "o" in encoded:
            encoded = {"h": len(objects)}
            objects.append(value)
        after = [wire.encode(arg) if _is_mutable(arg) else None for arg in args]
    except BaseException as error:  # noqa: BLE001 - SystemExit too
        return _fault(error)
    return {"value": encoded, "after": after}


_OPERATIONS: dict[str, Callable[..., Any]] = {
    "call": lambda target, *args, **kwargs: target(*args, **kwargs),
    "get": getattr,
    "set": setattr,
    "item": operator.getitem,
    "length": len,
    "items": iter,
    "text": str,
}


def _with_objects(value: Any, find: Callable[[str | int], Any]) -> Any:  # noqa: ANN401
    if isinstance(value, wire.Handle):
        return find(wire.reference(value))
    if isinstance(value, list | tuple):
        return type(value)(_with_objects(item, find) for item in value)
    return value


def _is_mutable(value: object) -> bool:
    return isinstance(value, list | dict | set | bytearray)


def _resolve(namespace: dict[str, Any], objects: list[object], path: str | int) -> Any:  # noqa: ANN401
    """Follows a path such as `f` or `Solution().f`, where `()` makes an instance, or a number.

    A name that is not there is sought in a class `Solution`, as contest sites call it.
    """
    if isinstance(path, int):
        return objects[path]
    if path not in namespace and hasattr(namespace.get("Solution"), path):
        path = f"Solution().{path}"
    found: Any = types.SimpleNamespace(**namespace)
    for part in path.split("."):
        found = getattr(found, part.removesuffix("()"))
        if part.endswith("()"):
            found = found()
    return found


def _script(channel: Channel) -> int:
    """Runs a whole program as Python would, from standard input to standard output."""
    job = channel.receive()
    sys.argv = ["solution.py"]
    sys.stdin = open(0, encoding="utf-8", errors="surrogateescape", closefd=False)  # noqa: SIM115
    sys.stdout = open(1, "w", encoding="utf-8", errors="surrogateescape", closefd=False)  # noqa: SIM115
    code = 0
    try:
        _execute(job["program"], "solution.py", _module("__main__"))
    except SystemExit as stop:
        code = 0 if stop.code in (None, 0) else 1
    except BaseException as error:  # noqa: BLE001 - reported
        wire.send(channel, _fault(error))
        code = 1
    for thread in threading.enumerate():
        if thread is not threading.current_thread() and not thread.daemon:
            thread.join()
    atexit._run_exitfuncs()  # noqa: SLF001 - some programs print their output there
    sys.stdout.flush()
    return code


def _tests(channel: Channel) -> int:
    """Runs tests; the functions they test are asked of the parent, which asks the program."""
    job = channel.receive()
    namespace = _module("tests")
    try:
        _execute(job["prelude"], "prelude.py", namespace)
        namespace |= {name: importlib.import_module(name) for name in job["modules"]}
        namespace |= {name: Remote(channel, name) for name in job["functions"]}
        _execute(job["tests"], "tests.py", namespace)
        if job["check"]:
            namespace["check"](Remote(channel, job["check"]))
    except BaseException as error:  # noqa: BLE001 - a failed test, or a test that is wrong
        wire.send(channel, _fault(error))
    else:
        wire.send(channel, {"passed": True})
    return 0


_MODES: dict[str, Callable[[Channel], int]] = {
    "serve": _serve,
    "script": _script,
    "tests": _tests,
}
