"""The signatures of a run's traces, and the shingle sets of those that must be compared."""

import itertools
import tempfile
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cached_property, partial
from pathlib import Path

import numpy as np
import polars as pl
import pyarrow.parquet as pq
from numpy.typing import NDArray

from cotfactory_filters.annotate.minhash import TEXT
from cotfactory_filters.dedup.clusters import Sets
from cotfactory_filters.dedup.sets import shingle_sets

READERS = 2  # threads: decompressing takes most of the time, and holds no lock


@dataclass(frozen=True)
class Index:
    """Traces that have a signature, in the order of the parts.

    `rows` has trace_id, problem_id, part (its number), row (its place in the part) and order;
    `signatures` is (n, permutations).
    """

    parts: tuple[Path, ...]
    rows: pl.DataFrame
    signatures: NDArray[np.uint32]

    @classmethod
    def read(cls, signed: Mapping[Path, Path]) -> "Index":
        """Reads the signatures of trace parts; `signed` maps each part to its minhash part."""
        total = sum(pq.read_metadata(file).num_rows for file in signed.values())
        signatures, filled = np.empty((0, 1), np.uint32), 0
        frames = [_NONE]
        for number, (part, file) in enumerate(signed.items()):
            frame = _rows(part, file, number)
            matrix = _matrix(frame["signature"])
            if not filled:
                signatures = np.empty((total, matrix.shape[1]), np.uint32)
            signatures[filled : filled + len(matrix)] = matrix
            filled += len(matrix)
            frames.append(frame.drop("signature"))
        return cls(tuple(signed), pl.concat(frames), signatures[:filled])

    @cached_property
    def orders(self) -> NDArray[np.uint64]:
        """The hash of each trace's words in order."""
        return self.rows["order"].to_numpy()

    def sets(self, wanted: NDArray[np.int64], shingle_words: int) -> Sets:
        """Reads the texts of the wanted traces, ascending, and returns their shingle sets."""
        places = self.rows[wanted].select("part", "row")
        sizes: list[NDArray[np.int64]] = [np.zeros(1, np.int64)]
        rows = [
            places.filter(pl.col("part") == number)["row"].to_numpy()
            for number in range(len(self.parts))
        ]
        read = partial(_sets, shingle_words=shingle_words)
        with (
            tempfile.TemporaryFile() as file,  # as many as half of all texts may be wanted
            ThreadPoolExecutor(READERS) as pool,
        ):
            for sets in itertools.chain.from_iterable(pool.map(read, self.parts, rows)):
                sets.hashes.tofile(file)
                sizes.append(np.diff(sets.bounds))
            file.flush()
            bounds = np.cumsum(np.concatenate(sizes))
            hashes = np.memmap(file, np.uint32, "r") if bounds[-1] else np.empty(0, np.uint32)
        return Sets(np.asarray(hashes), bounds)


_NONE = pl.DataFrame(
    schema={
        "row": pl.UInt32(),
        "trace_id": pl.String(),
        "problem_id": pl.String(),
        "part": pl.Int32(),
        "order": pl.UInt64(),
    }
)


def _rows(part: Path, file: Path, number: int) -> pl.DataFrame:
    """Returns the traces of a part that have a signature."""
    signed = pl.read_parquet(file, columns=["signature", "order"])
    traces = pl.read_parquet(part, columns=["trace_id", "problem_id"]).with_row_index("row")
    frame = traces.with_columns(part=pl.lit(number, pl.Int32)).hstack(signed)
    return frame.drop_nulls("signature").select(*_NONE.columns, "signature")


def _matrix(signatures: pl.Series) -> NDArray[np.uint32]:
    """Returns signatures of one length as a matrix, one row each."""
    if signatures.is_empty():
        return np.empty((0, 1), np.uint32)
    column = signatures.rechunk().to_arrow(compat_level=pl.CompatLevel.oldest())
    data = np.frombuffer(memoryview(column.buffers()[2] or b""), np.dtype("<u4"))
    return data.reshape(len(signatures), -1)


def _sets(part: Path, rows: NDArray[np.uint32], shingle_words: int) -> list[Sets]:
    """Returns the shingle sets of some rows of a part; other row groups are not read."""
    if not len(rows):
        return []
    file, found, start = pq.ParquetFile(part), list[Sets](), 0
    for group in range(file.num_row_groups):
        stop = start + file.metadata.row_group(group).num_rows
        wanted = rows[np.searchsorted(rows, start) : np.searchsorted(rows, stop)] - start
        if len(wanted):
            table = file.read_row_group(group, columns=["reasoning", "response"])
            texts = pl.DataFrame(table)[wanted].select(TEXT).to_series()
            found.append(shingle_sets(texts, shingle_words))
        start = stop
    return found
