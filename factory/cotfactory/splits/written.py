"""What the teacher wrote for journeys, kept beside the run's tables, and why some was refused."""

import functools
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import NamedTuple

import pyarrow as pa
import pyarrow.parquet as pq

from cotfactory.store import atomic

WRITTEN_FOLDER = "reflections"
PARTS_HELD = 8  # their texts; a second reading goes through the parts in the order of the first
_SCHEMA = pa.schema([("key", pa.string()), ("text", pa.string()), ("refused", pa.string())])


class Written(NamedTuple):
    """A text that was accepted, or an empty one and the reason why what came was refused."""

    text: str
    refused: str = ""


class WrittenTexts(Mapping[str, Written]):
    """All that was asked for, by key; what was refused is not asked for again.

    Holds the keys, and the texts of a few parts.
    """

    def __init__(self, run: Path) -> None:
        self._folder = run / WRITTEN_FOLDER
        self._part_of: dict[str, Path] = {}
        for part in sorted(self._folder.glob("part-*.parquet")):
            keys = pq.read_table(part, columns=["key"])["key"]
            self._part_of |= {str(key): part for key in keys.to_pylist()}
        self._texts = functools.lru_cache(PARTS_HELD)(_read_part)

    def add(self, written: Mapping[str, Written]) -> None:
        """Writes a part with what is new."""
        if not written:
            return
        there = sorted(self._folder.glob("part-*.parquet"))
        number = int(there[-1].stem.removeprefix("part-")) + 1 if there else 1
        part = self._folder / f"part-{number:06d}.parquet"
        rows = [{"key": key, **text._asdict()} for key, text in sorted(written.items())]
        table = pa.Table.from_pylist(rows, schema=_SCHEMA)
        with atomic.writing(part) as temporary:
            pq.write_table(table, temporary, compression="zstd")
        self._part_of |= dict.fromkeys(written, part)

    def __getitem__(self, key: str) -> Written:
        return self._texts(self._part_of[key])[key]

    def __iter__(self) -> Iterator[str]:
        return iter(self._part_of)

    def __len__(self) -> int:
        return len(self._part_of)


def _read_part(part: Path) -> dict[str, Written]:
    rows = pq.read_table(part, schema=_SCHEMA).to_pylist()
    return {row["key"]: Written(row["text"], row["refused"]) for row in rows}
