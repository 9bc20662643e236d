"""Landlock: which files a process may read or write, from now on (Linux 5.13 and later).

Source: https://docs.kernel.org/userspace-api/landlock.html
"""

import ctypes
import os
from collections.abc import Iterable

from cotfactory_filters.verify.sandbox import syscalls
from cotfactory_filters.verify.sandbox.syscalls import LayerError

_VERSION_FLAG = 1
_RULE_PATH_BENEATH = 1

READ_FILE, READ_DIR, WRITE_FILE = 1 << 2, 1 << 3, 1 << 1
_REMOVE_DIR, _REMOVE_FILE, _MAKE_DIR, _MAKE_REG = 1 << 4, 1 << 5, 1 << 7, 1 << 8
_REFER, _TRUNCATE = 1 << 13, 1 << 14
READ = READ_FILE | READ_DIR
CHANGE = WRITE_FILE | _REMOVE_DIR | _REMOVE_FILE | _MAKE_DIR | _MAKE_REG | _REFER | _TRUNCATE

_HANDLED_FILE_RIGHTS = {1: 13, 2: 14, 3: 15, 4: 15}  # by ABI: how many lowest bits it knows
_NEWEST_FILE_RIGHTS = 16
_NET_SINCE, _NET_BIND_AND_CONNECT = 4, 0b11
_SCOPE_SINCE, _SCOPE_SOCKETS_AND_SIGNALS = 6, 0b11


class _RulesetAttributes(ctypes.Structure):
    _fields_ = (
        ("handled_access_fs", ctypes.c_uint64),
        ("handled_access_net", ctypes.c_uint64),
        ("scoped", ctypes.c_uint64),
    )


class _PathBeneath(ctypes.Structure):
    _pack_ = 1
    _fields_ = (("allowed_access", ctypes.c_uint64), ("parent_fd", ctypes.c_int32))


def abi() -> int:
    """Returns the kernel's Landlock version.

    Raises:
        LayerError: the kernel has none, or has it switched off.
    """
    try:
        return syscalls.call("landlock_create_ruleset", None, 0, _VERSION_FLAG)
    except OSError as error:
        raise LayerError(f"Landlock: {error.strerror} (Linux 5.13 or later has it)") from error


def ruleset(readable: Iterable[str], writable: Iterable[str]) -> int:
    """Returns the descriptor of rules that allow reading and writing beneath these paths only.

    Paths that do not exist are left out. TCP, abstract sockets and signals to outside are denied
    as far as the kernel's version can.
    """
    version = abi()
    handled = (1 << _HANDLED_FILE_RIGHTS.get(version, _NEWEST_FILE_RIGHTS)) - 1
    attributes = _RulesetAttributes(
        handled,
        _NET_BIND_AND_CONNECT if version >= _NET_SINCE else 0,
        _SCOPE_SOCKETS_AND_SIGNALS if version >= _SCOPE_SINCE else 0,
    )
    size = 8 if version < _NET_SINCE else 16 if version < _SCOPE_SINCE else 24
    rules = syscalls.call(
        "landlock_create_ruleset", ctypes.byref(attributes), ctypes.c_size_t(size), 0
    )
    for path in readable:
        _allow(rules, path, READ & handled)
    for path in writable:
        _allow(rules, path, (READ | CHANGE) & handled)
    return rules


def _allow(rules: int, path: str, access: int) -> None:
    try:
        anchor = os.open(path, os.O_PATH | os.O_CLOEXEC)
    except FileNotFoundError:
        return
    try:
        if not os.path.isdir(path):  # noqa: PTH112 - runs before a sandbox, with few imports
            access &= READ_FILE | WRITE_FILE | _TRUNCATE
        beneath = _PathBeneath(access, anchor)
        syscalls.call("landlock_add_rule", rules, _RULE_PATH_BENEATH, ctypes.byref(beneath), 0)
    finally:
        os.close(anchor)


def restrict_self(rules: int) -> None:
    """Puts `rules` on this thread and all it will start; nothing takes them off again."""
    syscalls.call("landlock_restrict_self", rules, 0)
