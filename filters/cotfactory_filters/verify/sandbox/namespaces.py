"""Namespaces: an own view of files, processes, network and users, with nothing in it.

Works as root, and without where user namespaces are allowed. Containers usually forbid it.
"""

import os
import signal
from collections.abc import Iterable
from pathlib import Path

from cotfactory_filters.verify.sandbox import syscalls
from cotfactory_filters.verify.sandbox.syscalls import LayerError

_NEW_USER, _NEW_PIDS = 0x10000000, 0x20000000
_NEW_MOUNTS_CGROUPS_NAMES_IPC_NET = 0x00020000 | 0x02000000 | 0x04000000 | 0x08000000 | 0x40000000
_MS_READ_ONLY, _MS_NO_SUID, _MS_NO_DEVICES, _MS_NO_EXEC = 1, 2, 4, 8
_MS_REMOUNT, _MS_BIND, _MS_RECURSIVE, _MS_PRIVATE = 32, 4096, 16384, 1 << 18
_MNT_DETACH = 2
_INNER_ID = 1000

TEMPORARY = "/tmp"  # noqa: S108 - a file system of its own, inside the new root
DEVICES = ("/dev/null", "/dev/urandom")


def enter(readable: Iterable[str], temporary_bytes: int, temporary_files: int) -> None:
    """Moves the caller into namespaces whose files are `readable`, read-only, and an empty /tmp.

    Returns in a child, the first process of its namespace: when that ends, the kernel ends all
    others in it. The caller itself waits for the child and ends with it.

    Raises:
        LayerError: the system does not allow it.
    """
    try:
        _unshare()
        child = os.fork()
        if child:
            _wait_and_exit(child)
        syscalls.die_with_parent(signal.SIGKILL)
        _change_root(list(readable), temporary_bytes, temporary_files)
    except OSError as error:
        raise LayerError(f"namespaces: {error.strerror or error}") from error


def _unshare() -> None:
    user, group = os.getuid(), os.getgid()
    others = _NEW_PIDS | _NEW_MOUNTS_CGROUPS_NAMES_IPC_NET
    try:
        syscalls.libc("unshare", _NEW_USER | others)
    except OSError:
        syscalls.libc("unshare", others)  # as root where user namespaces are switched off
        return
    Path("/proc/self/setgroups").write_text("deny")
    Path("/proc/self/uid_map").write_text(f"{_INNER_ID} {user} 1")
    Path("/proc/self/gid_map").write_text(f"{_INNER_ID} {group} 1")


def _wait_and_exit(child: int) -> None:
    _, status = os.waitpid(child, 0)
    os._exit(os.waitstatus_to_exitcode(status) & 0x7F)


def _change_root(readable: list[str], temporary_bytes: int, temporary_files: int) -> None:
    _mount("none", "/", "", _MS_RECURSIVE | _MS_PRIVATE)
    root = TEMPORARY  # any directory there is: it is hidden from here on, and only here
    guarded = _MS_NO_SUID | _MS_NO_DEVICES
    _mount("tmpfs", root, "tmpfs", guarded, "size=1m,nr_inodes=4k,mode=755")
    for path in (*readable, *DEVICES):
        _show(path, root)
    own = root + TEMPORARY
    Path(own).mkdir(parents=True, exist_ok=True)
    options = f"size={temporary_bytes},nr_inodes={temporary_files},mode=700"
    _mount("tmpfs", own, "tmpfs", guarded | _MS_NO_EXEC, options)
    _mount("none", root, "", _MS_REMOUNT | _MS_BIND | _MS_READ_ONLY | guarded)
    os.chdir(root)
    syscalls.call("pivot_root", b".", b".")
    syscalls.libc("umount2", b".", _MNT_DETACH)
    os.chdir("/")


def _show(path: str, root: str) -> None:
    """Makes `path` visible at the same place beneath `root`, read-only."""
    source, target = Path(path), Path(root + path)
    if target.exists() or target.is_symlink() or not source.exists():
        return
    target.parent.mkdir(parents=True, exist_ok=True)
    if source.is_symlink():
        target.symlink_to(source.readlink())
        return
    if source.is_dir():
        target.mkdir()
    else:
        target.touch()
    _mount(path, str(target), "", _MS_BIND | _MS_RECURSIVE)
    kept = os.statvfs(target).f_flag & (_MS_NO_SUID | _MS_NO_DEVICES | _MS_NO_EXEC)
    read_only = 0 if path in DEVICES else _MS_READ_ONLY | _MS_NO_SUID | _MS_NO_DEVICES
    _mount("none", str(target), "", _MS_REMOUNT | _MS_BIND | read_only | kept)


def _mount(source: str, target: str, kind: str, flags: int, options: str = "") -> None:
    syscalls.libc(
        "mount", source.encode(), target.encode(), kind.encode(), flags, options.encode() or None
    )
