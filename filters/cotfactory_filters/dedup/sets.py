"""Shingle sets of texts, for exact comparison."""

from collections.abc import Sequence
from itertools import pairwise

import numpy as np
import polars as pl
from numpy.typing import NDArray

from cotfactory_filters.dedup import grams_scan
from cotfactory_filters.dedup.clusters import Sets
from cotfactory_filters.dedup.signatures import utf8


def shingle_sets(texts: pl.Series, shingle_words: int) -> Sets:
    """Returns the set of shingle hashes of each text."""
    hashes, starts = grams_scan.shingle_all(*utf8(texts), shingle_words)
    pieces = [_distinct(hashes[a:b]) for a, b in pairwise(starts)]
    bounds = np.cumsum([0, *map(len, pieces)])
    return Sets(np.concatenate([*pieces, hashes[:0]]), bounds)


def joined(parts: Sequence[Sets]) -> Sets:
    """Returns the sets of all parts, in order."""
    hashes = [part.hashes for part in parts]
    sizes = [np.diff(part.bounds) for part in parts]
    bounds = np.append([0], np.cumsum(np.concatenate([np.empty(0, np.int64), *sizes])))
    return Sets(np.concatenate([np.empty(0, np.uint32), *hashes]), bounds)


def _distinct(hashes: NDArray[np.uint32]) -> NDArray[np.uint32]:
    """Returns the hashes sorted, each once; numpy's own `unique` is four times slower."""
    ordered = np.sort(hashes)
    first = np.ones(len(ordered), np.bool_)
    first[1:] = ordered[1:] != ordered[:-1]
    return ordered[first]
