"""Writes rows of the splits into Parquet shards, piece by piece."""

import shutil
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from types import TracebackType
from typing import NamedTuple, Self

import pyarrow as pa
import pyarrow.parquet as pq

from cotfactory_schemas import PreferenceRow, SplitRow, tables

SHARD_BYTES = 512 << 20  # of text before compression: about 100 MB on disk
SMALL_BYTES = SHARD_BYTES // 4  # smaller pieces are joined with the next
GROUP_BYTES = 16 << 20  # bounds what a reader of one row group holds
BLOCK_ROWS = 128  # of which a table is made at a time
SCHEMAS = {"preference": tables.PREFERENCE}  # of the splits that do not hold SplitRows
_MANY_VALUES = frozenset({"trace_id", "trace_ids", "pair_id", "problem_id", "scores", "sampling"})
_TEXTS = frozenset({"messages", "prompt", "reasoning", "response", "chosen", "rejected"})


class Piece(NamedTuple):
    """A file with rows of one split and part, which hold so many bytes before compression."""

    split: str
    part: str
    path: Path
    size_bytes: int


class PieceWriter:
    """Writes `<folder>/<split>-<part>-00000.parquet` and so on; none is much above SHARD_BYTES.

    At the exit `pieces` are the files in order, `counts` the rows by (split, part, origin).
    """

    def __init__(self, folder: Path, shard_bytes: int = SHARD_BYTES) -> None:
        self.counts: Counter[tuple[str, str, str]] = Counter()
        self.pieces: list[Piece] = []
        self._folder = folder
        self._shard_bytes = shard_bytes
        self._open: dict[tuple[str, str], _File] = {}

    def __enter__(self) -> Self:
        self._folder.mkdir(parents=True, exist_ok=True)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        for key in sorted(self._open):
            self._close(key)

    def write(self, row: SplitRow | PreferenceRow) -> None:
        """Adds a row to its split and part."""
        key = (row.split, row.part)
        if key not in self._open:
            number = sum((piece.split, piece.part) == key for piece in self.pieces)
            path = self._folder / f"{row.split}-{row.part}-{number:05d}.parquet"
            self._open[key] = _File(path, SCHEMAS.get(row.split, tables.SPLITS))
        file = self._open[key]
        file.write(row)
        self.counts[row.split, row.part, row.origin] += 1
        if file.size_bytes >= self._shard_bytes:
            self._close(key)

    def _close(self, key: tuple[str, str]) -> None:
        file = self._open.pop(key)
        file.close()
        self.pieces.append(Piece(*key, file.path, file.size_bytes))


class Join(NamedTuple):
    """The pieces that become one shard."""

    pieces: Sequence[Piece]
    target: Path


def joins(pieces: Iterable[Piece], folder: Path) -> list[Join]:
    """Returns the shards that pieces become, `<folder>/<split>/<part>-00000.parquet` and so on.

    Rows keep the order of the pieces.
    """
    by_key: dict[tuple[str, str], list[Piece]] = {}
    for piece in pieces:
        by_key.setdefault((piece.split, piece.part), []).append(piece)
    return [
        Join(together, folder / split / f"{part}-{number:05d}.parquet")
        for (split, part), of in sorted(by_key.items())
        for number, together in enumerate(_together(of))
    ]


def _together(pieces: Sequence[Piece]) -> Iterator[list[Piece]]:
    gathered: list[Piece] = []
    for piece in pieces:
        gathered.append(piece)
        if sum(p.size_bytes for p in gathered) >= SMALL_BYTES:
            yield gathered
            gathered = []
    if gathered:
        yield gathered


def join(wanted: Join) -> None:
    """Makes the shard; its pieces are gone afterwards."""
    wanted.target.parent.mkdir(parents=True, exist_ok=True)
    first, *more = wanted.pieces
    if not more:
        shutil.move(first.path, wanted.target)
        return
    shard = _File(wanted.target, pq.read_schema(first.path))
    for piece in wanted.pieces:
        with pq.ParquetFile(piece.path) as file:
            for number in range(file.num_row_groups):
                shard.add(file.read_row_group(number))
        piece.path.unlink()
    shard.close()


class _File:
    """A Parquet file that is being written; `size_bytes` is what it holds before compression."""

    def __init__(self, path: Path, schema: pa.Schema) -> None:
        self.path = path
        self._schema = schema
        # Values that hardly repeat would be looked up in a dictionary that soon is given up.
        few = [n for n in schema.names if n not in _MANY_VALUES | _TEXTS]
        self._writer = pq.ParquetWriter(path, schema, compression="zstd", use_dictionary=few)
        self._rows: list[SplitRow | PreferenceRow] = []
        self._tables: list[pa.Table] = []
        self._pending_bytes = self._written_bytes = 0

    @property
    def size_bytes(self) -> int:
        return self._written_bytes + self._pending_bytes

    def write(self, row: SplitRow | PreferenceRow) -> None:
        self._rows.append(row)
        if len(self._rows) == BLOCK_ROWS:
            self._gather()

    def add(self, table: pa.Table) -> None:
        self._tables.append(table)
        self._pending_bytes += table.nbytes
        if self._pending_bytes >= GROUP_BYTES:
            self._flush()

    def close(self) -> None:
        self._gather()
        self._flush()
        self._writer.close()

    def _gather(self) -> None:
        if self._rows:
            rows = [tables.to_row(row) for row in self._rows]
            self._rows = []
            self.add(pa.Table.from_pylist(rows, schema=self._schema))

    def _flush(self) -> None:
        if self._tables:
            self._writer.write_table(pa.concat_tables(self._tables))
        self._written_bytes += self._pending_bytes
        self._tables, self._pending_bytes = [], 0
