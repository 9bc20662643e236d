"""The signatures of a run's traces, and the shingle sets of those that must be compared."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
import polars as pl
import pyarrow.parquet as pq
from numpy.typing import NDArray

from cotfactory_filters.annotate.minhash import TEXT
from cotfactory_filters.dedup.clusters import Sets
from cotfactory_filters.dedup.sets import joined, shingle_sets

BATCH_ROWS = 1024


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
        frames = [
            pl.read_parquet(part, columns=["trace_id", "problem_id"])
            .with_row_index("row")
            .with_columns(pl.lit(number, pl.Int32).alias("part"))
            .hstack(pl.read_parquet(file, columns=["signature", "order"]))
            .drop_nulls("signature")
            for number, (part, file) in enumerate(signed.items())
        ]
        rows = pl.concat([_NONE, *frames], how="diagonal")
        return cls(tuple(signed), rows.drop("signature"), _matrix(rows["signature"]))

    @cached_property
    def orders(self) -> NDArray[np.uint64]:
        """The hash of each trace's words in order."""
        return self.rows["order"].to_numpy()

    def sets(self, wanted: NDArray[np.int64], shingle_words: int) -> Sets:
        """Reads the texts of the wanted traces, ascending, and returns their shingle sets."""
        places = self.rows[wanted].select("part", "row")
        found = []
        for number, part in enumerate(self.parts):
            rows = places.filter(pl.col("part") == number)["row"].to_numpy()
            if len(rows):
                found += _sets(part, rows, shingle_words)
        return joined(found)


_NONE = pl.DataFrame(
    schema={
        "row": pl.UInt32(),
        "trace_id": pl.String(),
        "problem_id": pl.String(),
        "part": pl.Int32(),
        "signature": pl.Binary(),
        "order": pl.UInt64(),
    }
)


def _matrix(signatures: pl.Series) -> NDArray[np.uint32]:
    """Returns signatures of one length as a matrix, one row each."""
    if signatures.is_empty():
        return np.empty((0, 1), np.uint32)
    column = signatures.rechunk().to_arrow(compat_level=pl.CompatLevel.oldest())
    data = np.frombuffer(memoryview(column.buffers()[2] or b""), np.dtype("<u4"))
    return data.reshape(len(signatures), -1)


def _sets(part: Path, rows: NDArray[np.uint32], shingle_words: int) -> list[Sets]:
    """Returns the shingle sets of some rows of a part; other row groups are not read."""
    file = pq.ParquetFile(part)
    found, start = [], 0
    for group in range(file.num_row_groups):
        stop = start + file.metadata.row_group(group).num_rows
        wanted = rows[np.searchsorted(rows, start) : np.searchsorted(rows, stop)] - start
        if len(wanted):
            table = file.read_row_group(group, columns=["reasoning", "response"])
            texts = pl.DataFrame(table)[wanted].select(TEXT).to_series()
            found.append(shingle_sets(texts, shingle_words))
        start = stop
    return found
