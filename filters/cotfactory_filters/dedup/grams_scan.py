"""Compiled: words of UTF-8 texts, their n-grams, MinHash signatures, a table of n-grams.

`cotfactory_filters.dedup.words` says in Python what words and hashes are. All of it stands in one
file because numba's cache does not see that a function in another file has changed.
"""

from typing import NamedTuple

import numba as nb
import numpy as np
from numpy.typing import NDArray

from cotfactory_filters.dedup.words import FNV_PRIME, FNV_SEED, GRAM_BASE

U8 = NDArray[np.uint8]
U32 = NDArray[np.uint32]
U64 = NDArray[np.uint64]
I32 = NDArray[np.int32]
I64 = NDArray[np.int64]

_SEED = np.uint64(FNV_SEED)
_PRIME = np.uint64(FNV_PRIME)
_BASE = np.uint64(GRAM_BASE)
_FMIX1 = np.uint32(0x85EBCA6B)
_FMIX2 = np.uint32(0xC2B2AE35)
_ONE = np.uint64(1)
_LOW = np.uint64(63)

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


class Table(NamedTuple):
    """The n-grams of all items: a bitset that says no, then open addressing.

    A slot holds an n-gram and its number, -1 where it is free; the slots are a power of two.
    """

    bits: U64
    grams: U64
    ids: I32


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
def sign_all(data: U8, bounds: I64, size: int, permutations: U32, out: U32) -> tuple[U64, I32]:
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


@compiled
def make_table(grams: U64) -> Table:
    """Makes the table of distinct n-grams; the number of grams[i] is i."""
    slots = 4
    while slots < 2 * grams.size:
        slots *= 2
    table = Table(
        np.zeros(max(slots * 8 // 64, 1), np.uint64),
        np.zeros(slots, np.uint64),
        np.full(slots, -1, np.int32),
    )
    for i in range(grams.size):
        word, bit = _bit(table, grams[i])
        table.bits[word] |= bit
        slot = grams[i] & np.uint64(slots - 1)
        while table.ids[slot] >= 0:
            slot = (slot + _ONE) & np.uint64(slots - 1)
        table.grams[slot] = grams[i]
        table.ids[slot] = i
    return table


@compiled
def _bit(table: Table, gram: np.uint64) -> tuple[np.uint64, np.uint64]:
    """The place of an n-gram in the bitset, from other bits of it than its slot."""
    word = (gram >> np.uint64(24)) & np.uint64(table.bits.size - 1)
    return word, _ONE << ((gram >> np.uint64(18)) & _LOW)


@compiled
def number(table: Table, gram: np.uint64) -> int:
    """Returns the number of an n-gram, -1 if no item has it."""
    word, bit = _bit(table, gram)
    if not table.bits[word] & bit:
        return -1
    last = np.uint64(table.grams.size - 1)
    slot = gram & last
    while table.ids[slot] >= 0:
        if table.grams[slot] == gram:
            return int(table.ids[slot])
        slot = (slot + _ONE) & last
    return -1


@compiled
def count_hits(data: U8, bounds: I64, size: int, table: Table) -> I32:
    """Counts, for each text, the places where an n-gram of the table stands.

    A text of fewer words is one n-gram, whole.
    """
    found = np.zeros(bounds.size - 1, np.int32)
    words = room(bounds)
    grams = np.empty(words.hashes.size, np.uint64)
    for i in range(found.size):
        count = split(data, bounds[i], bounds[i + 1], words)
        for j in range(roll(words.hashes, count, size, grams)):
            found[i] += number(table, grams[j]) >= 0
    return found


@compiled
def hits(data: U8, size: int, table: Table) -> tuple[I64, I64, I64]:
    """Returns the number at each n-gram of one text, -1 for none, and its words' bytes."""
    words = room(np.array([0, data.size]))
    grams = np.empty(words.hashes.size, np.uint64)
    count = split(data, 0, data.size, words)
    total = roll(words.hashes, count, size, grams)
    numbers = np.empty(total, np.int64)
    for j in range(total):
        numbers[j] = number(table, grams[j])
    return numbers, words.starts[:count].copy(), words.ends[:count].copy()


@compiled
def grams_of(data: U8, bounds: I64, size: int) -> tuple[U64, I64]:
    """Returns the n-grams of all texts and where each text's begin; a shorter text is one."""
    n = bounds.size - 1
    grams = np.empty(bounds[n] - bounds[0] + n, np.uint64)
    starts = np.zeros(n + 1, np.int64)
    words = room(bounds)
    for i in range(n):
        count = split(data, bounds[i], bounds[i + 1], words)
        own = grams[starts[i] :]
        starts[i + 1] = starts[i] + roll(words.hashes, count, size, own)
    return grams[: starts[n]], starts
