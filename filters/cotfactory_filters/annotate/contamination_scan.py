"""Compiled search for word n-grams of benchmark items in UTF-8 texts; imports numba.

Words and the hashes of n-grams are those of `cotfactory_filters.dedup.words`.
"""

from typing import NamedTuple

import numba as nb
import numpy as np
from numpy.typing import NDArray

from cotfactory_filters.dedup.words_scan import room, roll, split

U8 = NDArray[np.uint8]
U64 = NDArray[np.uint64]
I32 = NDArray[np.int32]
I64 = NDArray[np.int64]

_ONE = np.uint64(1)
_LOW = np.uint64(63)

compiled = nb.njit(cache=True, nogil=True)


class Table(NamedTuple):
    """The n-grams of all items: a bitset that says no, then open addressing.

    A slot holds an n-gram and its number, -1 where it is free; the slots are a power of two.
    """

    bits: U64
    grams: U64
    ids: I32


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
            return table.ids[slot]
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
