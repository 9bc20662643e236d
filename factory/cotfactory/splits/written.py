"""Reflections that the teacher wrote, kept beside the run's tables."""

from collections.abc import Mapping
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from cotfactory.store import atomic
from cotfactory.store.run import Run

WRITTEN_FILE = Path("reflections", "part-000001.parquet")
_SCHEMA = pa.schema([("key", pa.string()), ("text", pa.string())])


def read_written(run: Run) -> dict[str, str]:
    """Returns the reflections by key; one that was refused, and is not asked again, is empty."""
    path = run.path / WRITTEN_FILE
    if not path.exists():
        return {}
    rows = pq.read_table(path, schema=_SCHEMA).to_pylist()
    return {row["key"]: row["text"] for row in rows}


def save_written(run: Run, written: Mapping[str, str]) -> None:
    """Writes all reflections, in place of those that are there."""
    rows = [{"key": key, "text": text} for key, text in sorted(written.items())]
    with atomic.writing(run.path / WRITTEN_FILE) as temporary:
        pq.write_table(pa.Table.from_pylist(rows, schema=_SCHEMA), temporary, compression="zstd")
