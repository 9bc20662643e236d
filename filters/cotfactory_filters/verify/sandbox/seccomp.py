"""seccomp: which system calls a process may make, from now on, and with which arguments.

An allow-list for one Python process with threads. Whatever takes the number of a process, a
namespace or a path to change rights of is left out, or allowed with harmless arguments only.
Source: seccomp(2).
"""

import ctypes
import platform
import struct

from cotfactory_filters.verify.sandbox import calls, syscalls

_SET_MODE_FILTER = 1
_X32_BIT = 0x40000000
_ALLOW, _KILL, _ERRNO = 0x7FFF0000, 0x80000000, 0x00050000
_EPERM, _ENOSYS = 1, 38
_LOAD, _JUMP_EQUAL, _JUMP_SET, _JUMP_GREATER_EQUAL, _RETURN, _AND = (
    *(0x20, 0x15, 0x45, 0x35),
    *(0x06, 0x54),
)
_NUMBER_AT, _ARCH_AT, _ARGUMENTS_AT = 0, 4, 16

_CLONE_THREAD = 0x10000
_CLONE_NAMESPACES = 0x7E020000

_TCGETS, _FIONREAD, _FIONCLEX, _FIOCLEX = 0x5401, 0x541B, 0x5450, 0x5451
_F_DUPFD, _F_GETFD, _F_SETFD, _F_GETFL, _F_SETFL, _F_DUPFD_CLOEXEC = 0, 1, 2, 3, 4, 1030
_ALLOWED_WITH: dict[str, tuple[int, tuple[int, ...]]] = {
    "ioctl": (1, (_TCGETS, _FIONREAD, _FIONCLEX, _FIOCLEX)),  # TIOCSTI types into terminals
    "fcntl": (1, (_F_DUPFD, _F_GETFD, _F_SETFD, _F_GETFL, _F_SETFL, _F_DUPFD_CLOEXEC)),
    "sched_getaffinity": (0, (0,)),  # 0: itself
    "prlimit64": (0, (0,)),
}
"""Calls whose argument (its index, 0-based) must have one of these values. fcntl's F_SETOWN would
send signals to any process."""


def _step(code: int, value: int, if_true: int = 0, if_false: int = 0) -> bytes:
    return struct.pack("<HBBI", code, if_true, if_false, value)


def _refuse(error: int) -> bytes:
    return _step(_RETURN, _ERRNO | error)


def program(machine: str = "") -> bytes:
    """Returns the filter for a machine (this one if none is named): BPF instructions of 8 bytes."""
    machine = machine or platform.machine()
    clone, clone3 = (calls.number(name, machine) for name in ("clone", "clone3"))
    steps = [
        _step(_LOAD, _ARCH_AT),
        _step(_JUMP_EQUAL, calls.MACHINES[machine].audit, 1, 0),
        _step(_RETURN, _KILL),
        _step(_LOAD, _NUMBER_AT),
        _step(_JUMP_GREATER_EQUAL, _X32_BIT, 0, 1),
        _step(_RETURN, _KILL),
        # glibc falls back from clone3, whose flags no filter can see, to clone
        _step(_JUMP_EQUAL, clone3, 0, 1),
        _refuse(_ENOSYS),
        *_threads_only(clone),
    ]
    for name, (argument, values) in _ALLOWED_WITH.items():
        steps += _only_with(calls.number(name, machine), argument, values)
    for number in calls.allowed(machine):
        steps += [_step(_JUMP_EQUAL, number, 0, 1), _step(_RETURN, _ALLOW)]
    return b"".join([*steps, _refuse(_EPERM)])


def _threads_only(clone: int) -> list[bytes]:
    body = [
        _step(_LOAD, _ARGUMENTS_AT),
        _step(_AND, _CLONE_THREAD | _CLONE_NAMESPACES),
        _step(_JUMP_EQUAL, _CLONE_THREAD, 0, 1),
        _step(_RETURN, _ALLOW),
        _refuse(_EPERM),
    ]
    return [_step(_JUMP_EQUAL, clone, 0, len(body)), *body]


def _only_with(number: int, argument: int, values: tuple[int, ...]) -> list[bytes]:
    """Compares the low halves: the kernel takes all of these arguments as 32 bits wide."""
    body = [_step(_LOAD, _ARGUMENTS_AT + 8 * argument)]
    for value in values:
        body += [_step(_JUMP_EQUAL, value, 0, 1), _step(_RETURN, _ALLOW)]
    body.append(_refuse(_EPERM))
    return [_step(_JUMP_EQUAL, number, 0, len(body)), *body]


class _FilterProgram(ctypes.Structure):
    _fields_ = (("length", ctypes.c_uint16), ("steps", ctypes.c_char_p))


def restrict_self(filter_program: bytes) -> None:
    """Puts the filter on this process and all it will start; nothing takes it off again."""
    steps = ctypes.create_string_buffer(filter_program, len(filter_program))
    loaded = _FilterProgram(len(filter_program) // 8, ctypes.cast(steps, ctypes.c_char_p))
    syscalls.call("seccomp", _SET_MODE_FILTER, 0, ctypes.byref(loaded))
