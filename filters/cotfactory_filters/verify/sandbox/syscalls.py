"""System calls that Python has no function for (Linux)."""

import ctypes
import os
import platform

from cotfactory_filters.verify.sandbox import calls

_LIBC = ctypes.CDLL(None, use_errno=True)
_LIBC.syscall.restype = ctypes.c_long

PR_SET_PDEATHSIG, PR_SET_NO_NEW_PRIVS = 1, 38
_CAPABILITY_VERSION_3 = 0x20080522


class LayerError(Exception):
    """A layer of the sandbox cannot be put up here; the message names it and the reason."""


def require_machine() -> None:
    """Raises LayerError where the call numbers would mean other calls."""
    if platform.machine() not in calls.MACHINES or platform.system() != "Linux":
        raise LayerError(
            f"the sandbox knows Linux on {' and '.join(calls.MACHINES)} only, "
            f"this is {platform.system()} on {platform.machine()}"
        )


def call(name: str, *args: object) -> int:
    """Makes the system call `name`.

    Raises:
        OSError: it failed.
    """
    number = calls.number(name, platform.machine())
    result = int(_LIBC.syscall(ctypes.c_long(number), *args))
    if result < 0:
        code = ctypes.get_errno()
        raise OSError(code, os.strerror(code))
    return result


def libc(name: str, *args: object) -> None:
    """Calls libc's function `name`, one of those that return 0 when all went well.

    Raises:
        OSError: it failed.
    """
    if getattr(_LIBC, name)(*args) != 0:
        code = ctypes.get_errno()
        raise OSError(code, f"{name}: {os.strerror(code)}")


def set_no_new_privileges() -> None:
    """Makes exec unable to gain rights, which unprivileged seccomp and Landlock ask for."""
    libc("prctl", PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)


def die_with_parent(signal_number: int) -> None:
    """Has the kernel send this process `signal_number` when its parent ends."""
    libc("prctl", PR_SET_PDEATHSIG, signal_number, 0, 0, 0)


def drop_capabilities() -> None:
    """Gives up every capability, as root too."""
    header = (ctypes.c_uint32 * 2)(_CAPABILITY_VERSION_3, 0)
    none = (ctypes.c_uint32 * 6)()
    call("capset", header, none)
