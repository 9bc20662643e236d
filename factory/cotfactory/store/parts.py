"""Parquet parts: written whole, listed in the commit log, checked when listed."""

import logging
from collections.abc import Iterable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from cotfactory.errors import CotfactoryError
from cotfactory.store import atomic
from cotfactory.store.journal import Entry
from cotfactory_schemas import tables

log = logging.getLogger(__name__)

TABLES: Mapping[str, pa.Schema] = {
    "problems": tables.PROBLEMS,
    "traces": tables.TRACES,
    "verdicts": tables.VERDICTS,
    "outcomes": tables.OUTCOMES,
}
ROW_GROUP_ROWS = 2048  # bounds what a reader must hold: about 50 MB of R1-like traces


def part_name(number: int) -> str:
    """The file name of the part that the write-ahead segment `number` became."""
    return f"part-{number:06d}.parquet"


def highest_number(run: Path) -> int:
    """The highest number of a file that is named like a part, whoever made it; 0 without any."""
    names = (path.stem for table in TABLES for path in (run / table).glob("part-*.parquet"))
    return max((int(digits) for name in names if (digits := name[5:]).isdecimal()), default=0)


def write_parts(run: Path, number: int, entries: Iterable[Entry]) -> list[dict[str, Any]]:
    """Writes the rows of a write-ahead segment as one part a table; returns their log entries.

    Holds the rows of one row group a table at a time.
    """
    with ExitStack() as stack:
        written: dict[str, _Part] = {}
        for entry in entries:
            table = entry["table"]
            if table not in written:
                written[table] = stack.enter_context(_Part.writing(run, table, number))
            written[table].add(entry["row"])
    return [part.entry for part in written.values()]


class _Part:
    """A part of `table` that is being written; `entry` is its line of the commit log."""

    def __init__(self, table: str, name: str, path: Path) -> None:
        self.entry: dict[str, Any] = {"table": table, "file": name, "rows": 0, "bytes": 0}
        self._schema = TABLES[table]
        self._writer = pq.ParquetWriter(path, self._schema, compression="zstd")
        self._rows: list[dict[str, Any]] = []

    @classmethod
    @contextmanager
    def writing(cls, run: Path, table: str, number: int) -> Iterator["_Part"]:
        path = run / table / part_name(number)
        with atomic.writing(path) as temporary:
            part = cls(table, path.name, temporary)
            try:
                yield part
                part._flush()
            finally:
                part._writer.close()
            part.entry["bytes"] = temporary.stat().st_size

    def add(self, row: dict[str, Any]) -> None:
        self._rows.append(row)
        if len(self._rows) == ROW_GROUP_ROWS:
            self._flush()

    def _flush(self) -> None:
        if self._rows:
            self._writer.write_table(pa.Table.from_pylist(self._rows, schema=self._schema))
            self.entry["rows"] += len(self._rows)
            self._rows = []


def check_listed(run: Path, entries: Iterable[Mapping[str, Any]]) -> None:
    """Checks that every committed part is there with the size it was committed with.

    Raises:
        CotfactoryError: a part is missing or has another size.
    """
    for entry in entries:
        path = run / entry["table"] / entry["file"]
        size = path.stat().st_size if path.exists() else None
        if size != entry["bytes"]:
            found = "is missing" if size is None else f"has {size} bytes"
            raise CotfactoryError(
                f"{path}: {found}, but was committed with {entry['bytes']}. "
                "Restore the file from a copy; the run cannot be trusted without it."
            )


def unlisted(run: Path, entries: Iterable[Mapping[str, Any]]) -> list[Path]:
    """Files in the table folders that no commit names, temporary files aside."""
    listed = {run / entry["table"] / entry["file"] for entry in entries}
    found = (path for table in TABLES for path in (run / table).glob("*"))
    return sorted(path for path in found if path not in listed and not path.name.startswith("."))
