"""Rows of JSONL, CSV and Parquet files, each with its place, none able to stop the others."""

import csv
import io
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from cotfactory.errors import UsageError
from cotfactory.sources.base import RowFault
from cotfactory.sources.places import Place, Remote, reaching

Row = dict[str, Any]
BATCH_ROWS = 256  # a long trace is 100 KB, so a batch stays near 25 MB


def read(path: Place) -> Iterator[tuple[str, Row] | RowFault]:
    """Yields (place, row) for each row; the place is `file:line`, or `file:row` in Parquet.

    Raises:
        UsageError: the file is missing or of a kind that is not known.
    """
    readers = {".jsonl": _jsonl, ".ndjson": _jsonl, ".csv": _csv, ".parquet": _parquet}
    reader = readers.get(path.suffix)
    if reader is None:
        raise UsageError(f"{path}: give a {', '.join(readers)} file")
    if isinstance(path, Remote):
        with reaching(path.url):
            yield from reader(path)
    elif path.is_file():
        yield from reader(path)
    else:
        raise UsageError(f"{path}: no such file")


def _jsonl(path: Place) -> Iterator[tuple[str, Row] | RowFault]:
    with path.open("rb") as file:  # bytes: str.splitlines would cut at U+2028 inside a thought
        for number, line in enumerate(file, start=1):
            place = f"{path}:{number}"
            if not line.strip():
                continue
            try:
                row = json.loads(line)
            except (ValueError, RecursionError) as error:
                yield RowFault(place, f"not JSON ({error}); mend or remove the line")
                continue
            if isinstance(row, dict):
                yield place, row
            else:
                yield RowFault(place, f"a JSON object is needed, this is {type(row).__name__}")


def _csv(path: Place) -> Iterator[tuple[str, Row] | RowFault]:
    csv.field_size_limit(1 << 30)
    with (
        path.open("rb") as raw,
        io.TextIOWrapper(raw, encoding="utf-8-sig", errors="replace", newline="") as file,
    ):
        reader = csv.DictReader(file)
        for row in reader:
            place = f"{path}:{reader.line_num}"
            if None in row or None in row.values():
                yield RowFault(place, "has more or fewer cells than the header; mend its quotes")
            else:
                yield place, dict(row)


def _parquet(path: Place) -> Iterator[tuple[str, Row] | RowFault]:
    try:
        file = pq.ParquetFile(path if isinstance(path, Path) else path.open("rb"))
        number = 0
        for batch in file.iter_batches(batch_size=BATCH_ROWS):
            for row in batch.to_pylist():
                number += 1
                yield f"{path}:{number}", row
    except (pa.ArrowInvalid, OSError) as error:
        raise UsageError(f"{path}: not readable as Parquet: {error}") from None
