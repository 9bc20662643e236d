"""Compiled: shingle hashes and MinHash signatures of UTF-8 texts; imports numba."""

import numba as nb
import numpy as np
from numpy.typing import NDArray

from cotfactory_filters.dedup.words import GRAM_BASE
from cotfactory_filters.dedup.words_scan import roll, room, split

U8 = NDArray[np.uint8]
U32 = NDArray[np.uint32]
U64 = NDArray[np.uint64]
I64 = NDArray[np.int64]

_BASE = np.uint64(GRAM_BASE)
_FMIX1 = np.uint32(0x85EBCA6B)
_FMIX2 = np.uint32(0xC2B2AE35)

compiled = nb.njit(cache=True, nogil=True)


@compiled
def shorten(grams: U64, count: int, hashes: U32) -> None:
    """Writes the 32-bit hashes of shingles."""
    for i in range(count):
        mixed = (grams[i] ^ (grams[i] >> np.uint64(32))) * _BASE
        hashes[i] = np.uint32(mixed >> np.uint64(32))


@compiled
def order_hash(hashes: U64, count: int) -> np.uint64:
    """Returns a 64-bit hash of words in order."""
    total = np.uint64(count)
    for i in range(count):
        total = (total ^ hashes[i]) * _BASE
        total ^= total >> np.uint64(29)
    return total


@compiled
def mix(hashes: U32, count: int) -> None:
    """Applies MurmurHash3's 32-bit finaliser in place, as datasketch's affine32 scheme does."""
    for i in range(count):
        h = hashes[i]
        h = np.uint32((h ^ (h >> np.uint32(16))) * _FMIX1)
        h = np.uint32((h ^ (h >> np.uint32(13))) * _FMIX2)
        hashes[i] = h ^ (h >> np.uint32(16))


@compiled
def minima(hashes: U32, count: int, permutations: U32, signature: U32) -> None:
    """Writes, for each permutation (2, p), the least `factor * hash + offset` modulo 2**32."""
    for k in range(signature.size):
        factor, offset = permutations[0, k], permutations[1, k]
        least = np.uint32(0xFFFFFFFF)
        for i in range(count):
            value = np.uint32(np.uint32(factor * hashes[i]) + offset)
            least = value if value < least else least  # noqa: FURB136 - min() widens it
        signature[k] = least


@compiled
def sign_all(
    data: U8, bounds: I64, size: int, permutations: U32, out: U32
) -> tuple[U64, NDArray[np.int32]]:
    """Signs the texts data[bounds[i]:bounds[i + 1]].

    `permutations` is (2, p): factors and offsets. Writes the signatures to `out`, (n, p); returns
    the order hashes and the shingle counts, (n,) each.
    """
    n = bounds.size - 1
    words = room(bounds)
    grams = np.empty(words.hashes.size, np.uint64)
    hashes = np.empty(words.hashes.size, np.uint32)
    orders = np.empty(n, np.uint64)
    counts = np.empty(n, np.int32)
    for i in range(n):
        found = split(data, bounds[i], bounds[i + 1], words)
        orders[i] = order_hash(words.hashes, found)
        counts[i] = roll(words.hashes, found, size, grams)
        shorten(grams, counts[i], hashes)
        mix(hashes, counts[i])
        minima(hashes, counts[i], permutations, out[i])
    return orders, counts


@compiled
def shingle_all(data: U8, bounds: I64, size: int) -> tuple[U32, I64]:
    """Returns the shingle hashes of the texts, one after the other, and where each text's begin."""
    n = bounds.size - 1
    words = room(bounds)
    grams = np.empty(words.hashes.size, np.uint64)
    hashes = np.empty(bounds[n] - bounds[0] + n, np.uint32)
    starts = np.zeros(n + 1, np.int64)
    for i in range(n):
        found = split(data, bounds[i], bounds[i + 1], words)
        count = roll(words.hashes, found, size, grams)
        shorten(grams, count, hashes[starts[i] :])
        starts[i + 1] = starts[i] + count
    return hashes[: starts[n]], starts
