"""The numbers of the system calls that the sandbox allows or makes, by machine (Linux).

Sources: arch/x86/entry/syscalls/syscall_64.tbl, include/uapi/asm-generic/unistd.h for aarch64.
aarch64 was written from the table and never run: the self-test says at start whether it holds.
"""

from collections.abc import Mapping
from typing import NamedTuple

Numbers = tuple[int, int | None]
"""On x86_64, and on aarch64, which has no calls that others replaced."""


class Machine(NamedTuple):
    """A kind of processor: its place in `Numbers`, and its name in seccomp's data."""

    place: int
    audit: int


MACHINES: Mapping[str, Machine] = {
    "x86_64": Machine(0, 0xC000003E),
    "aarch64": Machine(1, 0xC00000B7),
}

FILES: Mapping[str, Numbers] = {
    "read": (0, 63), "write": (1, 64), "open": (2, None), "close": (3, 57), "stat": (4, None),
    "fstat": (5, 80), "lstat": (6, None), "lseek": (8, 62), "pread64": (17, 67),
    "pwrite64": (18, 68), "readv": (19, 65), "writev": (20, 66), "access": (21, None),
    "dup": (32, 23), "dup2": (33, None), "fsync": (74, 82), "fdatasync": (75, 83),
    "ftruncate": (77, 46), "getcwd": (79, 17), "chdir": (80, 49), "rename": (82, None),
    "mkdir": (83, None), "rmdir": (84, None), "unlink": (87, None), "readlink": (89, None),
    "umask": (95, 166), "getdents64": (217, 61), "openat": (257, 56), "mkdirat": (258, 34),
    "newfstatat": (262, 79), "unlinkat": (263, 35), "renameat": (264, 38),
    "readlinkat": (267, 78), "faccessat": (269, 48), "dup3": (292, 24), "pipe2": (293, 59),
    "renameat2": (316, 276), "statx": (332, 291), "close_range": (436, 436),
    "faccessat2": (439, 439),
}  # fmt: skip
MEMORY: Mapping[str, Numbers] = {
    "mmap": (9, 222), "mprotect": (10, 226), "munmap": (11, 215), "brk": (12, 214),
    "mremap": (25, 216), "madvise": (28, 233),
}  # fmt: skip
TIME_AND_WAITING: Mapping[str, Numbers] = {
    "poll": (7, None), "select": (23, None), "sched_yield": (24, 124), "nanosleep": (35, 101),
    "getitimer": (36, 102), "alarm": (37, None), "setitimer": (38, 103),
    "gettimeofday": (96, 169), "times": (100, 153), "time": (201, None), "futex": (202, 98),
    "clock_gettime": (228, 113), "clock_getres": (229, 114), "clock_nanosleep": (230, 115),
    "pselect6": (270, 72), "ppoll": (271, 73),
}  # fmt: skip
ITSELF: Mapping[str, Numbers] = {
    "rt_sigaction": (13, 134), "rt_sigprocmask": (14, 135), "rt_sigreturn": (15, 139),
    "getpid": (39, 172), "exit": (60, 93), "uname": (63, 160), "getrlimit": (97, 163),
    "getrusage": (98, 165), "getuid": (102, 174), "getgid": (104, 176), "geteuid": (107, 175),
    "getegid": (108, 177), "getppid": (110, 173), "sigaltstack": (131, 132), "gettid": (186, 178),
    "set_tid_address": (218, 96), "restart_syscall": (219, 128), "exit_group": (231, 94),
    "set_robust_list": (273, 99), "getrandom": (318, 278), "rseq": (334, 293),
}  # fmt: skip
GUARDED: Mapping[str, Numbers] = {
    "clone": (56, 220), "clone3": (435, 435), "ioctl": (16, 29), "fcntl": (72, 25),
    "sched_getaffinity": (204, 123), "prlimit64": (302, 261),
}  # fmt: skip
"""Calls that are allowed with some arguments only."""
OURS: Mapping[str, Numbers] = {
    "seccomp": (317, 277), "capset": (126, 91), "pivot_root": (155, 41),
    "landlock_create_ruleset": (444, 444), "landlock_add_rule": (445, 445),
    "landlock_restrict_self": (446, 446),
}  # fmt: skip
"""Calls that put the sandbox up, and that no program may make."""

ALLOWED: Mapping[str, Numbers] = {**FILES, **MEMORY, **TIME_AND_WAITING, **ITSELF}


def allowed(machine: str) -> list[int]:
    """Returns the numbers of the calls that any program may make, in order."""
    place = MACHINES[machine].place
    return sorted(number for numbers in ALLOWED.values() if (number := numbers[place]) is not None)


def number(name: str, machine: str) -> int:
    """Returns the number of one of the calls in GUARDED and OURS, which all machines have."""
    found = {**GUARDED, **OURS}[name][MACHINES[machine].place]
    if found is None:
        raise LookupError(f"{name} on {machine}")
    return found
