"""Texts as bytes, for compiled loops."""

from typing import NamedTuple

import numpy as np
import polars as pl
from numpy.typing import NDArray


class Utf8(NamedTuple):
    """Texts as one UTF-8 buffer: text i is data[offsets[i] : offsets[i + 1]]."""

    data: NDArray[np.uint8]
    offsets: NDArray[np.int64]


def utf8(texts: pl.Series) -> Utf8:
    """Returns the bytes of `texts`; a null counts as empty."""
    arrow = texts.fill_null("").rechunk().to_arrow(compat_level=pl.CompatLevel.oldest())
    _, offsets, data = arrow.buffers()
    starts = np.frombuffer(memoryview(offsets or bytes(8)), np.int64)
    return Utf8(
        np.frombuffer(memoryview(data or b""), np.uint8),
        starts[arrow.offset : arrow.offset + len(arrow) + 1],
    )
