"""Writes rows of the splits into Parquet shards."""

from collections import Counter
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import pyarrow as pa
import pyarrow.parquet as pq

from cotfactory_schemas import PreferenceRow, SplitRow, tables

SHARD_BYTES = 512 << 20  # of text before compression: about 100 MB on disk
SCHEMAS = {"preference": tables.PREFERENCE}  # of the splits that do not hold SplitRows
GROUP_BYTES = 16 << 20  # of text; bounds what a reader of one row group holds


class ShardWriter:
    """Writes `<folder>/<split>/<part>-00000.parquet` and so on.

    `counts` are the rows written by (split, part, origin).
    """

    def __init__(self, folder: Path, shard_bytes: int = SHARD_BYTES) -> None:
        self.counts: Counter[tuple[str, str, str]] = Counter()
        self._folder = folder
        self._shard_bytes = shard_bytes
        self._open: dict[tuple[str, str], _Shard] = {}
        self._shards: Counter[tuple[str, str]] = Counter()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        for shard in self._open.values():
            shard.close()

    def write(self, row: SplitRow | PreferenceRow) -> None:
        """Adds a row to its split and part."""
        key = (row.split, row.part)
        if key not in self._open:
            self._open[key] = self._next_shard(key)
        shard = self._open[key]
        shard.write(tables.to_row(row))
        self.counts[row.split, row.part, row.origin] += 1
        if shard.size_bytes >= self._shard_bytes:
            self._open.pop(key).close()

    def _next_shard(self, key: tuple[str, str]) -> "_Shard":
        split, part = key
        path = self._folder / split / f"{part}-{self._shards[key]:05d}.parquet"
        self._shards[key] += 1
        path.parent.mkdir(parents=True, exist_ok=True)
        return _Shard(path, SCHEMAS.get(split, tables.SPLITS))


class _Shard:
    def __init__(self, path: Path, schema: pa.Schema) -> None:
        self.size_bytes = 0
        self._schema = schema
        self._writer = pq.ParquetWriter(path, schema, compression="zstd")
        self._rows: list[dict[str, Any]] = []
        self._pending_bytes = 0

    def write(self, row: dict[str, Any]) -> None:
        size = sum(_text_size(value) for value in row.values())
        self._rows.append(row)
        self.size_bytes += size
        self._pending_bytes += size
        if self._pending_bytes >= GROUP_BYTES:
            self._flush()

    def close(self) -> None:
        self._flush()
        self._writer.close()

    def _flush(self) -> None:
        if self._rows:
            self._writer.write_table(pa.Table.from_pylist(self._rows, schema=self._schema))
        self._rows, self._pending_bytes = [], 0


def _text_size(value: Any) -> int:  # noqa: ANN401 - a value of a row
    if isinstance(value, str):
        return len(value)
    if isinstance(value, list):
        return sum(_text_size(item) for item in value)
    return sum(_text_size(item) for item in value.values()) if isinstance(value, dict) else 0
