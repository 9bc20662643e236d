"""Files that appear whole or not at all."""

import ctypes
import errno
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

TEMPORARY_SUFFIX = ".tmp"
_NEW, _OLD = f".new{TEMPORARY_SUFFIX}", f".old{TEMPORARY_SUFFIX}"
_HERE, _RENAME_EXCHANGE = -100, 2  # AT_FDCWD and the flag, from Linux's headers


def sync_directory(folder: Path) -> None:
    """Makes the names in `folder` durable."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def make_folder(folder: Path) -> None:
    """Makes `folder` and what is missing above it, durably."""
    if folder.is_dir():
        return
    make_folder(folder.parent)
    folder.mkdir(exist_ok=True)
    sync_directory(folder.parent)


@contextmanager
def writing(path: Path) -> Iterator[Path]:
    """Yields a temporary path beside `path`; the file written there becomes `path` at the exit.

    At an exception the temporary file is removed and `path` stays as it was.
    """
    make_folder(path.parent)
    temporary = path.with_name(f".{path.name}{TEMPORARY_SUFFIX}")
    try:
        yield temporary
        _sync_file(temporary)
        temporary.replace(path)
        sync_directory(path.parent)
    finally:
        temporary.unlink(missing_ok=True)


@contextmanager
def writing_folder(path: Path) -> Iterator[Path]:
    """Yields an empty temporary folder beside `path`, which takes the place of `path` at the exit.

    Readers find the old folder or the new one at any moment. Where the file system cannot exchange
    two names (neither Linux, nor a network share may), a crash between two renames leaves the old
    folder under a temporary name, from where `remove_temporaries` puts it back.
    """
    make_folder(path.parent)
    _put_back(path)
    temporary = path.with_name(f".{path.name}{_NEW}")
    shutil.rmtree(temporary, ignore_errors=True)
    temporary.mkdir()
    try:
        yield temporary
        for file in temporary.rglob("*"):
            sync_directory(file) if file.is_dir() else _sync_file(file)
        sync_directory(temporary)
        _put_in_place(temporary, path)
        sync_directory(path.parent)
    finally:
        shutil.rmtree(temporary, ignore_errors=True)


def _put_in_place(temporary: Path, path: Path) -> None:
    """Makes `temporary` be `path`; what was there before is left as `temporary`, or removed."""
    if not path.exists():
        temporary.rename(path)
    elif not exchange(temporary, path):
        former = path.with_name(f".{path.name}{_OLD}")
        path.rename(former)
        temporary.rename(path)
        shutil.rmtree(former, ignore_errors=True)


def exchange(one: Path, other: Path) -> bool:
    """Swaps two names in one step; False, and nothing done, where the system has no such call."""
    renameat2 = getattr(ctypes.CDLL(None, use_errno=True), "renameat2", None)
    if renameat2 is None:
        return False
    if renameat2(_HERE, os.fsencode(one), _HERE, os.fsencode(other), _RENAME_EXCHANGE) == 0:
        return True
    error = ctypes.get_errno()
    if error in {errno.ENOSYS, errno.EINVAL, errno.EOPNOTSUPP}:
        return False
    raise OSError(error, os.strerror(error), str(one), None, str(other))


def _put_back(path: Path) -> None:
    """Undoes a replacement of `path` that ended between its two renames; removes what is old."""
    former = path.with_name(f".{path.name}{_OLD}")
    if former.exists() and not path.exists():
        former.rename(path)
        sync_directory(path.parent)
    shutil.rmtree(former, ignore_errors=True)


def write_text(path: Path, text: str) -> None:
    """Writes `text` to `path` as UTF-8, whole or not at all."""
    with writing(path) as temporary:
        temporary.write_text(text, encoding="utf-8")


def remove_temporaries(folder: Path) -> None:
    """Removes what interrupted writers left in `folder` and below, and puts folders back."""
    for former in list(folder.rglob(f".*{_OLD}")):
        _put_back(former.with_name(former.name[1:].removesuffix(_OLD)))
    for left in folder.rglob(f".*{TEMPORARY_SUFFIX}"):
        if left.is_dir():
            shutil.rmtree(left)
        else:
            left.unlink(missing_ok=True)


def _sync_file(path: Path) -> None:
    with path.open("rb+") as file:
        os.fsync(file.fileno())
