"""MinHash signatures that datasketch reads, at native speed.

Permutations and arithmetic are datasketch's scheme `affine32`, so that for every text

    datasketch.MinHash(hashvalues=signature, scheme="affine32")

equals `datasketch.MinHash(hashfunc=words.shingle_hash)`, updated with its `words.shingles`.
"""

from typing import NamedTuple

import numpy as np
import polars as pl
from numpy.typing import NDArray

from cotfactory_filters.dedup import grams_scan
from cotfactory_filters.utf8 import utf8

SEED = 1  # datasketch's default: its permutations with this seed are what everyone else has


class Signed(NamedTuple):
    """Signatures (n, permutations) of n texts, their words-in-order hashes and shingle counts."""

    signatures: NDArray[np.uint32]
    orders: NDArray[np.uint64]
    shingles: NDArray[np.int32]


def permutations(count: int) -> NDArray[np.uint32]:
    """Returns datasketch's first `count` affine32 permutations: factors and offsets, (2, count).

    Made here as there, because importing datasketch, and scipy with it, costs every worker process
    more than a megabyte of signatures does.
    """
    generator = np.random.RandomState(SEED)  # datasketch's, and frozen for good
    factors = generator.randint(0, 1 << 31, count, dtype=np.uint32) * np.uint32(2) + np.uint32(1)
    return np.stack([factors, generator.randint(0, 1 << 32, count, dtype=np.uint32)])


def sign(texts: pl.Series, *, shingle_words: int, count: int) -> Signed:
    """Signs a column of texts; a null is signed as an empty text."""
    data, bounds = utf8(texts)
    signatures = np.empty((len(texts), count), np.uint32)
    orders, counts = grams_scan.sign_all(
        data, bounds, shingle_words, permutations(count), signatures
    )
    return Signed(signatures, orders, counts)
