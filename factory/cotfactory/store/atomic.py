"""Files that appear whole or not at all."""

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

TEMPORARY_SUFFIX = ".tmp"


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

    A crash between the two renames leaves no `path` but the old folder under a temporary name;
    what stations derive is built again then.
    """
    make_folder(path.parent)
    temporary = path.with_name(f".{path.name}.new{TEMPORARY_SUFFIX}")
    former = path.with_name(f".{path.name}.old{TEMPORARY_SUFFIX}")
    for left in (temporary, former):
        shutil.rmtree(left, ignore_errors=True)
    temporary.mkdir()
    try:
        yield temporary
        for file in temporary.rglob("*"):
            sync_directory(file) if file.is_dir() else _sync_file(file)
        sync_directory(temporary)
        if path.exists():
            path.rename(former)
        temporary.rename(path)
        sync_directory(path.parent)
    finally:
        for left in (temporary, former):
            shutil.rmtree(left, ignore_errors=True)


def write_text(path: Path, text: str) -> None:
    """Writes `text` to `path` as UTF-8, whole or not at all."""
    with writing(path) as temporary:
        temporary.write_text(text, encoding="utf-8")


def remove_temporaries(folder: Path) -> None:
    """Removes what interrupted writers left in `folder` and below."""
    for left in folder.rglob(f".*{TEMPORARY_SUFFIX}"):
        if left.is_dir():
            shutil.rmtree(left)
        else:
            left.unlink(missing_ok=True)


def _sync_file(path: Path) -> None:
    with path.open("rb+") as file:
        os.fsync(file.fileno())
