"""SQL over a run's views, in a child process that can read the run's tables and nothing else."""

import csv
import io
import json
import math
import os
import re
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from itertools import islice
from pathlib import Path
from typing import IO, Any, Literal, TextIO

import pyarrow as pa
from rich.console import Console
from rich.table import Table
from rich.text import Text

from cotfactory import catalog
from cotfactory.errors import CotfactoryError, UsageError
from cotfactory.query_child import REFUSED, Request
from cotfactory.store.run import Run

Format = Literal["table", "json", "csv"]
Row = list[Any]

TABLE_ROWS = 100
CELL_CHARACTERS = 400
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2066-\u2069]")


@dataclass(frozen=True)
class Limits:
    """What one query may use. Time counts only while we wait for the database."""

    timeout_s: float = 120.0
    memory_mib: int = 2048


def query(
    path: Path,
    sql: str,
    form: Format = "table",
    out: TextIO | None = None,
    limits: Limits | None = None,
) -> int:
    """Runs one SELECT over the views of the run at `path` and prints its rows as they come.

    Returns how many rows were printed. A table shows the first TABLE_ROWS and says so; JSON is an
    array with one object a line.

    Raises:
        UsageError: the SQL is wrong, or is no SELECT.
        CotfactoryError: there is no run, or the query hit a limit.
    """
    writers: dict[str, Callable[[list[str], Iterator[Row], TextIO], int]] = {
        "table": _write_table,
        "json": _write_json,
        "csv": _write_csv,
    }
    with _child(Run.read(path), sql, limits or Limits()) as child:
        return writers[form](child.names, child.rows(), out or sys.stdout)


@contextmanager
def _child(run: Run, sql: str, limits: Limits) -> Iterator["_Child"]:
    request = Request(
        sql=sql,
        views=catalog.views(run),
        files=[str(file) for file in catalog.files_read(run)],
        memory_mib=limits.memory_mib,
        cpu_s=math.ceil(limits.timeout_s) * 4,
        parent=os.getpid(),
    )
    command = [sys.executable, "-P", "-m", "cotfactory.query_child"]
    pipe = subprocess.PIPE
    with (
        tempfile.TemporaryFile() as said,
        subprocess.Popen(  # noqa: S603 - our own module, no word of the query on the line
            command, stdin=pipe, stdout=pipe, stderr=said
        ) as process,
    ):
        try:
            yield _Child(process, said, limits, json.dumps(asdict(request)).encode())
        finally:
            process.kill()


class _Child:
    """The process that holds the database, and what it sends."""

    def __init__(
        self, process: subprocess.Popen[bytes], said: IO[bytes], limits: Limits, request: bytes
    ) -> None:
        if not (isinstance(process.stdout, io.BufferedReader) and process.stdin):
            raise TypeError("the child was started without pipes")
        self._process, self._said, self._limits = process, said, limits
        self._left_s = limits.timeout_s
        self._late = False
        with process.stdin as stdin:
            stdin.write(request)
        sent = pa.PythonFile(process.stdout)
        self._reader = self._within_time(lambda: pa.ipc.open_stream(sent))
        self.names = _distinct(self._reader.schema.names)

    def rows(self) -> Iterator[Row]:
        """Yields the rows, batch by batch."""
        while True:
            try:
                batch = self._within_time(self._reader.read_next_batch)
            except StopIteration:
                return
            yield from map(list, zip(*(c.to_pylist() for c in batch.columns), strict=True))

    def _within_time(self, step: Callable[[], Any]) -> Any:  # noqa: ANN401 - pyarrow's are untyped
        timer = threading.Timer(self._left_s, self._stop)
        started = time.monotonic()
        timer.start()
        try:
            return step()
        except (OSError, pa.ArrowInvalid):
            raise self._failure() from None
        finally:
            timer.cancel()
            self._left_s = max(0.0, self._left_s - (time.monotonic() - started))

    def _stop(self) -> None:
        self._late = True
        self._process.kill()

    def _failure(self) -> CotfactoryError:
        code = self._process.wait()
        self._said.seek(0)
        said = self._said.read().decode("utf-8", "replace").strip()
        if self._late:
            return CotfactoryError(
                f"query: stopped after {self._limits.timeout_s:g} s. Narrow it with WHERE or LIMIT."
            )
        if code == REFUSED:
            return UsageError(f"query: {said}")
        return CotfactoryError(
            f"query: the database stopped (exit {code}; it may use {self._limits.memory_mib} MiB). "
            f"Select fewer columns or rows. {said[-500:]}".rstrip()
        )


def _distinct(names: list[str]) -> list[str]:
    seen: dict[str, int] = {}
    result = []
    for name in names:
        seen[name] = seen.get(name, 0) + 1
        result.append(name if seen[name] == 1 else f"{name}_{seen[name] - 1}")
    return result


def _write_table(names: list[str], rows: Iterator[Row], out: TextIO) -> int:
    table = Table(show_edge=False)
    for name in names:
        table.add_column(Text(_one_line(name)), overflow="ellipsis")
    shown = list(islice(rows, TABLE_ROWS + 1))
    for row in shown[:TABLE_ROWS]:
        table.add_row(*(Text(_cell(value)) for value in row))
    console = Console(file=out)
    console.print(table)
    if len(shown) > TABLE_ROWS:
        console.print(f"first {TABLE_ROWS} rows; for all of them: --format csv or json")
    return min(len(shown), TABLE_ROWS)


def _write_json(names: list[str], rows: Iterator[Row], out: TextIO) -> int:
    count = 0
    out.write("[")
    for row in rows:
        out.write(",\n" if count else "\n")
        record = {name: _plain(value) for name, value in zip(names, row, strict=True)}
        out.write(json.dumps(record, ensure_ascii=False, default=_text))
        count += 1
    out.write("\n]\n")
    return count


def _write_csv(names: list[str], rows: Iterator[Row], out: TextIO) -> int:
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(names)
    count = 0
    for row in rows:
        writer.writerow(["" if value is None else _text(value) for value in row])
        count += 1
    return count


def _plain(value: object) -> object:
    """JSON has no NaN and no infinity; arrays and structs may hold them too."""
    if isinstance(value, float) and not math.isfinite(value):
        return None
    if isinstance(value, dict):
        return {key: _plain(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [_plain(inner) for inner in value]
    return value


def _text(value: object) -> str:
    if isinstance(value, bytes):
        return value.hex()
    if isinstance(value, list | dict):
        return json.dumps(_plain(value), ensure_ascii=False, default=_text)
    return str(value)


def _cell(value: object) -> str:
    return "" if value is None else _one_line(_text(value))


def _one_line(text: str) -> str:
    """Makes untrusted text safe for a terminal: no control characters, no escapes, one line."""
    cut = text[:CELL_CHARACTERS] + ("…" if len(text) > CELL_CHARACTERS else "")
    return _CONTROL.sub(lambda m: "⏎" if m[0] == "\n" else "\ufffd", cut)
