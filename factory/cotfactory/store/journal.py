"""An append-only file of checksummed JSON lines.

Each line is the CRC-32 of its JSON as 8 hex digits, a space, the JSON, a line feed. A line counts
only when its checksum holds; what an interrupted writer left behind the last good line is cut.
"""

import json
import logging
import os
import re
import zlib
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from cotfactory.store.atomic import make_folder, sync_directory

log = logging.getLogger(__name__)

Entry = Mapping[str, Any]
_CRC_DIGITS = 8
_LONE_SURROGATE = re.compile("[\ud800-\udfff]")


def encode(entry: Entry) -> bytes:
    """Frames one entry. Lone surrogates, which no file can hold, become U+FFFD."""
    text = json.dumps(entry, ensure_ascii=False, separators=(",", ":"))
    body = _LONE_SURROGATE.sub("\ufffd", text).encode()
    return b"%08x %s\n" % (zlib.crc32(body), body)


def _decode(line: bytes) -> dict[str, Any] | None:
    body = line[_CRC_DIGITS + 1 : -1]
    if not line.endswith(b"\n") or line[: _CRC_DIGITS + 1] != b"%08x " % zlib.crc32(body):
        return None
    entry = json.loads(body)
    return entry if isinstance(entry, dict) else None


def read(path: Path) -> Iterator[dict[str, Any]]:
    """Yields the good entries of `path`; a bad line is logged by its number and skipped."""
    if not path.exists():
        return
    with path.open("rb") as file:
        for number, line in enumerate(file, start=1):
            entry = _decode(line)
            if entry is None:
                log.warning("%s:%d: damaged entry skipped (%d bytes)", path, number, len(line))
            else:
                yield entry


def damaged_lines(path: Path) -> tuple[list[int], int]:
    """Returns the numbers of the lines that do not count, and how many lines there are."""
    bad, number = [], 0
    if path.exists():
        with path.open("rb") as file:
            for number, line in enumerate(file, start=1):
                if _decode(line) is None:
                    bad.append(number)
    return bad, number


def cut_torn_tail(path: Path) -> int:
    """Cuts what stands behind the last good entry; returns how many bytes that was."""
    if not path.exists():
        return 0
    good = position = 0
    with path.open("rb+") as file:
        for line in file:
            position += len(line)
            if _decode(line) is not None:
                good = position
        if position > good:
            log.warning("%s: cut %d bytes that an interrupted write left", path, position - good)
            file.truncate(good)
            os.fsync(file.fileno())
    return position - good


class Journal:
    """Appends entries durably."""

    def __init__(self, path: Path) -> None:
        self.path = path
        make_folder(path.parent)
        cut_torn_tail(path)
        self._file = path.open("ab", buffering=0)
        self.size_bytes = self._file.tell()
        sync_directory(path.parent)

    def append(self, entries: Iterable[Entry]) -> None:
        """Writes a group of entries with one fsync; they are durable when this returns.

        Raises:
            OSError: the disk is full or failing. What was written of the group is cut again, so
                that a later append does not glue to a torn line.
        """
        group = b"".join(encode(entry) for entry in entries)
        try:
            written = 0
            while written < len(group):
                written += self._file.write(group[written:])
            os.fsync(self._file.fileno())
        except OSError:
            self._file.truncate(self.size_bytes)
            raise
        self.size_bytes += len(group)

    def close(self) -> None:
        """Closes the file; appended entries are durable already."""
        self._file.close()
