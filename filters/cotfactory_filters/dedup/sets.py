"""Shingle sets of texts, for exact comparison."""

from itertools import pairwise

import numpy as np
import polars as pl
from numpy.typing import NDArray

from cotfactory_filters.dedup import grams_scan
from cotfactory_filters.dedup.clusters import Sets
from cotfactory_filters.utf8 import utf8


def shingle_sets(texts: pl.Series, shingle_words: int) -> Sets:
    """Returns the set of shingle hashes of each text."""
    hashes, starts = grams_scan.shingle_all(*utf8(texts), shingle_words)
    pieces = [_distinct(hashes[a:b]) for a, b in pairwise(starts)]
    bounds = np.cumsum([0, *map(len, pieces)])
    return Sets(np.concatenate([*pieces, hashes[:0]]), bounds)


def _distinct(hashes: NDArray[np.uint32]) -> NDArray[np.uint32]:
    """Returns the hashes sorted, each once; numpy's own `unique` is four times slower."""
    ordered = np.sort(hashes)
    first = np.ones(len(ordered), np.bool_)
    first[1:] = ordered[1:] != ordered[:-1]
    return ordered[first]
