"""Compiled: the words of UTF-8 texts and the hashes of words in a row; imports numba.

`cotfactory_filters.dedup.words` says in Python what is computed here.
"""

from typing import NamedTuple

import numba as nb
import numpy as np
from numpy.typing import NDArray

from cotfactory_filters.dedup.words import FNV_PRIME, FNV_SEED, GRAM_BASE

U8 = NDArray[np.uint8]
U64 = NDArray[np.uint64]
I64 = NDArray[np.int64]

_SEED = np.uint64(FNV_SEED)
_PRIME = np.uint64(FNV_PRIME)
_BASE = np.uint64(GRAM_BASE)

compiled = nb.njit(cache=True, nogil=True)


APART, ALONE = 0, 1


def _byte_classes() -> U8:
    """What each byte becomes inside a word; APART parts words, ALONE begins a CJK character."""
    classes = np.arange(256, dtype=np.uint8)
    for byte in range(0x80):
        classes[byte] = ord(chr(byte).lower()) if chr(byte).isalnum() else APART
    classes[0xE3:0xEA] = ALONE  # U+3000 to U+9FFF, three bytes each
    return classes


CLASS = _byte_classes()


class Words(NamedTuple):
    """The words of one text: their hashes and the bytes [starts[i], ends[i]) they stand at."""

    hashes: U64
    starts: I64
    ends: I64


@compiled
def room(bounds: I64) -> Words:
    """Returns room for the words of the longest of several texts."""
    longest = 0
    for i in range(bounds.size - 1):
        longest = max(longest, bounds[i + 1] - bounds[i])
    return Words(
        np.empty(longest + 1, np.uint64),
        np.empty(longest + 1, np.int64),
        np.empty(longest + 1, np.int64),
    )


@compiled
def split(data: U8, start: int, stop: int, words: Words) -> int:
    """Finds the words of data[start:stop]; returns their count."""
    count = 0
    at = start
    while at < stop:
        kind = CLASS[data[at]]
        if kind == APART:
            at += 1
            continue
        words.starts[count] = at
        total = _SEED
        if kind == ALONE:
            for i in range(at, min(at + 3, stop)):
                total = (total ^ np.uint64(data[i])) * _PRIME
            at = min(at + 3, stop)
        while kind > ALONE:
            total = (total ^ np.uint64(kind)) * _PRIME
            at += 1
            kind = CLASS[data[at]] if at < stop else np.uint8(APART)
        words.hashes[count] = total ^ (total >> np.uint64(29))
        words.ends[count] = at
        count += 1
    return count


@compiled
def roll(hashes: U64, count: int, size: int, grams: U64) -> int:
    """Writes the hash of every `size` words in a row; returns how many there are.

    Fewer words are one gram, no words none.
    """
    if count == 0:
        return 0
    size = min(size, count)
    leaving = np.uint64(1)
    for _ in range(size - 1):
        leaving = leaving * _BASE
    gram = np.uint64(0)
    for i in range(size):
        gram = gram * _BASE + hashes[i]
    grams[0] = gram
    for i in range(size, count):
        gram = (gram - hashes[i - size] * leaving) * _BASE + hashes[i]
        grams[i - size + 1] = gram
    return count - size + 1
