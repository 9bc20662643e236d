"""What the teacher wrote for journeys, kept beside the run's tables, and why some was refused."""

from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

import pyarrow as pa
import pyarrow.parquet as pq

from cotfactory.store import atomic
from cotfactory.store.run import Run

WRITTEN_FOLDER = "reflections"
_SCHEMA = pa.schema([("key", pa.string()), ("text", pa.string()), ("refused", pa.string())])


class Written(NamedTuple):
    """A text that was accepted, or an empty one and the reason why what came was refused."""

    text: str
    refused: str = ""


def read_written(run: Run) -> dict[str, Written]:
    """Returns all that was asked for, by key; what was refused is not asked for again."""
    rows = [row for part in _parts(run) for row in pq.read_table(part, schema=_SCHEMA).to_pylist()]
    return {row["key"]: Written(row["text"], row["refused"] or "") for row in rows}


def add_written(run: Run, written: Mapping[str, Written]) -> None:
    """Adds a part with what was written since the last one."""
    if not written:
        return
    rows = [{"key": key, **text._asdict()} for key, text in sorted(written.items())]
    number = max((int(part.stem.removeprefix("part-")) for part in _parts(run)), default=0) + 1
    path = run.path / WRITTEN_FOLDER / f"part-{number:06d}.parquet"
    with atomic.writing(path) as temporary:
        pq.write_table(pa.Table.from_pylist(rows, schema=_SCHEMA), temporary, compression="zstd")


def _parts(run: Run) -> list[Path]:
    return sorted((run.path / WRITTEN_FOLDER).glob("part-*.parquet"))
