"""seccomp: which system calls a process may make, from now on, and with which arguments.

An allow-list for one Python process with threads. Whatever takes the number of a process, a
namespace or a path to change rights of is left out, or allowed with harmless arguments only.
Sources: seccomp(2); the call numbers of arch/x86/entry/syscalls/syscall_64.tbl.
"""

import ctypes
import struct

from cotfactory_filters.verify.sandbox import syscalls

_SET_MODE_FILTER = 1
_ARCH_X86_64 = 0xC000003E
_X32_BIT = 0x40000000
_ALLOW, _KILL, _ERRNO = 0x7FFF0000, 0x80000000, 0x00050000
_EPERM, _ENOSYS = 1, 38
_LOAD, _JUMP_EQUAL, _JUMP_SET, _JUMP_GREATER_EQUAL, _RETURN, _AND = (
    *(0x20, 0x15, 0x45, 0x35),
    *(0x06, 0x54),
)
_NUMBER_AT, _ARCH_AT, _ARGUMENTS_AT = 0, 4, 16

_CLONE, _CLONE3 = 56, 435
_CLONE_THREAD = 0x10000
_CLONE_NAMESPACES = 0x7E020000

_FILES = {
    "read": 0, "write": 1, "open": 2, "close": 3, "stat": 4, "fstat": 5, "lstat": 6, "lseek": 8,
    "pread64": 17, "pwrite64": 18, "readv": 19, "writev": 20, "access": 21, "dup": 32, "dup2": 33,
    "fsync": 74, "fdatasync": 75, "ftruncate": 77, "getcwd": 79, "chdir": 80, "rename": 82,
    "mkdir": 83, "rmdir": 84, "unlink": 87, "readlink": 89, "umask": 95, "getdents64": 217,
    "openat": 257, "mkdirat": 258, "newfstatat": 262, "unlinkat": 263, "renameat": 264,
    "readlinkat": 267, "faccessat": 269, "dup3": 292, "pipe2": 293, "renameat2": 316,
    "statx": 332, "close_range": 436, "faccessat2": 439,
}  # fmt: skip
_MEMORY = {
    "mmap": 9, "mprotect": 10, "munmap": 11, "brk": 12, "mremap": 25, "madvise": 28,
}  # fmt: skip
_TIME_AND_WAITING = {
    "poll": 7, "select": 23, "sched_yield": 24, "nanosleep": 35, "getitimer": 36, "alarm": 37,
    "setitimer": 38, "gettimeofday": 96, "times": 100, "time": 201, "futex": 202,
    "clock_gettime": 228, "clock_getres": 229, "clock_nanosleep": 230, "pselect6": 270,
    "ppoll": 271,
}  # fmt: skip
_ITSELF = {
    "rt_sigaction": 13, "rt_sigprocmask": 14, "rt_sigreturn": 15, "getpid": 39, "exit": 60,
    "uname": 63, "getrlimit": 97, "getrusage": 98, "getuid": 102, "getgid": 104, "geteuid": 107,
    "getegid": 108, "getppid": 110, "sigaltstack": 131, "gettid": 186, "set_tid_address": 218,
    "restart_syscall": 219, "exit_group": 231, "set_robust_list": 273, "getrandom": 318,
    "rseq": 334,
}  # fmt: skip
_ALLOWED = sorted({**_FILES, **_MEMORY, **_TIME_AND_WAITING, **_ITSELF}.values())

_IOCTL, _FCNTL, _SCHED_GETAFFINITY, _PRLIMIT64 = 16, 72, 204, 302
_TCGETS, _FIONREAD, _FIONCLEX, _FIOCLEX = 0x5401, 0x541B, 0x5450, 0x5451
_F_DUPFD, _F_GETFD, _F_SETFD, _F_GETFL, _F_SETFL, _F_DUPFD_CLOEXEC = 0, 1, 2, 3, 4, 1030
_ALLOWED_WITH: dict[int, tuple[int, tuple[int, ...]]] = {
    _IOCTL: (1, (_TCGETS, _FIONREAD, _FIONCLEX, _FIOCLEX)),  # TIOCSTI types into terminals
    _FCNTL: (1, (_F_DUPFD, _F_GETFD, _F_SETFD, _F_GETFL, _F_SETFL, _F_DUPFD_CLOEXEC)),
    _SCHED_GETAFFINITY: (0, (0,)),  # 0: itself
    _PRLIMIT64: (0, (0,)),
}
"""Calls whose argument (its index, 0-based) must have one of these values. fcntl's F_SETOWN would
send signals to any process."""


def _step(code: int, value: int, if_true: int = 0, if_false: int = 0) -> bytes:
    return struct.pack("<HBBI", code, if_true, if_false, value)


def _refuse(error: int) -> bytes:
    return _step(_RETURN, _ERRNO | error)


def program() -> bytes:
    """Returns the filter as BPF instructions of 8 bytes."""
    steps = [
        _step(_LOAD, _ARCH_AT),
        _step(_JUMP_EQUAL, _ARCH_X86_64, 1, 0),
        _step(_RETURN, _KILL),
        _step(_LOAD, _NUMBER_AT),
        _step(_JUMP_GREATER_EQUAL, _X32_BIT, 0, 1),
        _step(_RETURN, _KILL),
        # glibc falls back from clone3, whose flags no filter can see, to clone
        _step(_JUMP_EQUAL, _CLONE3, 0, 1),
        _refuse(_ENOSYS),
        *_threads_only(),
    ]
    for number, (argument, values) in _ALLOWED_WITH.items():
        steps += _only_with(number, argument, values)
    for number in _ALLOWED:
        steps += [_step(_JUMP_EQUAL, number, 0, 1), _step(_RETURN, _ALLOW)]
    return b"".join([*steps, _refuse(_EPERM)])


def _threads_only() -> list[bytes]:
    body = [
        _step(_LOAD, _ARGUMENTS_AT),
        _step(_AND, _CLONE_THREAD | _CLONE_NAMESPACES),
        _step(_JUMP_EQUAL, _CLONE_THREAD, 0, 1),
        _step(_RETURN, _ALLOW),
        _refuse(_EPERM),
    ]
    return [_step(_JUMP_EQUAL, _CLONE, 0, len(body)), *body]


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
    syscalls.call(syscalls.SECCOMP, _SET_MODE_FILTER, 0, ctypes.byref(loaded))
