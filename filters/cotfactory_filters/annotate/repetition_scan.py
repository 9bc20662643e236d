"""Compiled searches for repetition in UTF-8 texts; imports numba."""

from enum import IntEnum

import numba as nb
import numpy as np
from numpy.typing import NDArray

from cotfactory_filters.utf8 import Utf8

TAIL_BYTES = 32768  # how far from its end a text is searched for a loop
MIN_LOOP_BYTES = 240
MIN_REPEATS = 3
MIN_LINE_BYTES = 16  # shorter lines repeat in any text

_U8 = NDArray[np.uint8]
_I32 = NDArray[np.int32]
_I64 = NDArray[np.int64]
_U64 = NDArray[np.uint64]
_FNV = np.uint64(1099511628211)
_SEED = np.uint64(14695981039346656037)
_BASE = np.uint64(0x9E3779B97F4A7C15)

compiled = nb.njit(cache=True, nogil=True)


class Loop(IntEnum):
    """What the columns of `tail_loops` hold; lengths in characters."""

    PERIOD = 0
    CHARS = 1
    NUMBERED_PERIOD = 2
    NUMBERED_CHARS = 3


class Repeat(IntEnum):
    """What the columns of `repeats` hold."""

    NGRAMS = 0
    REPEATED_NGRAMS = 1
    LINE_BYTES = 2
    REPEATED_LINE_BYTES = 3
    MOST_EQUAL_LINES = 4


def tail_loops(texts: Utf8) -> NDArray[np.int32]:
    """Returns one row of Loop values for each text: the shortest loop at its end, or zeros.

    A loop is MIN_REPEATS equal rounds or more, MIN_LOOP_BYTES long or more. In a numbered loop the
    rounds are equal but for their numbers and the amount of space.
    """
    out = np.zeros((len(texts.offsets) - 1, len(Loop)), np.int32)
    _tail_loops(texts.data, texts.offsets, out)
    return out


def repeats(texts: Utf8, words: int) -> NDArray[np.int32]:
    """Returns one row of Repeat values for each text; an n-gram is `words` words long."""
    out = np.zeros((len(texts.offsets) - 1, len(Repeat)), np.int32)
    _repeats(texts.data, texts.offsets, words, out)
    return out


@compiled
def _is_digit(byte: np.uint8) -> bool:
    return bool(byte >= 48 and byte <= 57)


@compiled
def _reversed_tail(data: _U8, start: int, end: int, fold: int, tail: _U8) -> int:
    """Writes the text backwards to `tail`, numbers as 0 and space as one space when folding."""
    count = 0
    last = np.uint8(0)
    at = end - 1
    while at >= start and data[at] <= 32:
        at -= 1
    while at >= start and count < len(tail):
        byte = data[at]
        at -= 1
        if fold:
            if _is_digit(byte):
                byte = np.uint8(48)
            elif byte <= 32:
                byte = np.uint8(32)
            if byte == last and byte in (32, 48):
                continue
            last = byte
        tail[count] = byte
        count += 1
    return count


@compiled
def _period(tail: _U8, count: int, z: _I32) -> tuple[int, int]:
    """Returns period and extent of the shortest loop at the start of `tail`, or zeros.

    z[p] is the Z-function: how far tail[p:] equals tail. Linear in `count`.
    """
    left = right = 0
    for p in range(1, count // MIN_REPEATS + 1):
        length = 0
        if p < right:
            length = min(right - p, z[p - left])
        while p + length < count and tail[length] == tail[p + length]:
            length += 1
        z[p] = length
        if p + length > right:
            left, right = p, p + length
        if p + length >= max(MIN_LOOP_BYTES, MIN_REPEATS * p):
            return p, p + length
    return 0, 0


@compiled
def _chars(data: _U8, start: int, end: int, length: int, folded: int) -> int:
    """Returns how many characters at the end of the text its last `length` tail bytes are."""
    at = end
    while at > start and data[at - 1] <= 32:
        at -= 1
    chars = 0
    last = np.uint8(0)
    while at > start and length > 0:
        at -= 1
        byte = data[at]
        chars += (byte & 0xC0) != 0x80
        kind = np.uint8(48) if _is_digit(byte) else (np.uint8(32) if byte <= 32 else np.uint8(0))
        if not folded or kind == 0 or kind != last:
            length -= 1
        last = kind
    return chars


@compiled
def _ends_in_digits(data: _U8, start: int, end: int) -> bool:
    """Says whether folding leaves too little of the end of the text to find a loop there."""
    folded = 0
    for at in range(max(start, end - MIN_LOOP_BYTES), end):
        folded += _is_digit(data[at]) or data[at] <= 32
    return folded > MIN_LOOP_BYTES // 2


@compiled
def _tail_loops(data: _U8, offsets: _I64, out: _I32) -> None:
    tail = np.empty(TAIL_BYTES, np.uint8)
    z = np.zeros(TAIL_BYTES, np.int32)
    for row in range(len(out)):
        start, end = offsets[row], offsets[row + 1]
        # Every verbatim loop is a numbered one, unless folding eats it: most texts are done after
        # one search.
        for fold in (1, 0):
            count = _reversed_tail(data, start, end, fold, tail)
            period, extent = _period(tail, count, z)
            if period == 0 and not _ends_in_digits(data, start, end):
                break
            column = 2 if fold else 0
            out[row, column] = _chars(data, start, end, period, fold)
            out[row, column + 1] = _chars(data, start, end, extent, fold)


@compiled
def _slot(table: NDArray[np.uint64], key: np.uint64) -> np.uint64:
    """Finds the slot of `key`, or the empty one for it, in a table of a power of two slots."""
    mask = np.uint64(len(table) - 1)
    slot = (key * _BASE >> np.uint64(32)) & mask
    while table[slot] != 0 and table[slot] != key:
        slot = (slot + np.uint64(1)) & mask
    return slot


@compiled
def _hashes(
    data: _U8, start: int, end: int, words: _U64, lines: _U64, sizes: _I32
) -> tuple[int, int]:
    """Writes the hash of each word, and hash and size of each line; returns how many there are.

    Space parts words, and each CJK character is one. A line's size is in bytes without space.
    """
    word_count = line_count = size = 0
    word, line = _SEED, _SEED
    for at in range(start, end + 1):
        byte = data[at] if at < end else np.uint8(10)
        if byte <= 32 or (byte >= 0xE3 and byte <= 0xE9):
            if word != _SEED:
                words[word_count] = word
                word_count += 1
                line = (line ^ word) * _BASE
                word = _SEED
            if byte == 10:
                lines[line_count] = line
                sizes[line_count] = size
                line_count += 1
                line = _SEED
                size = 0
        if byte > 32:
            word = (word ^ np.uint64(byte)) * _FNV
            size += 1
    return word_count, line_count


@compiled
def _repeated_ngrams(hashes: _U64, count: int, words: int, table: _U64) -> int:
    """Counts the n-grams that occurred before; a rolling hash, so its cost does not grow with n."""
    power = np.uint64(1)
    for _ in range(words):
        power *= _BASE
    repeated = 0
    rolling = np.uint64(0)
    for at in range(count):
        rolling = rolling * _BASE + hashes[at]
        if at >= words:
            rolling -= hashes[at - words] * power
        if at >= words - 1:
            key = rolling | np.uint64(1)  # 0 marks an empty slot
            slot = _slot(table, key)
            repeated += table[slot] == key
            table[slot] = key
    return repeated


@compiled
def _repeated_lines(lines: _U64, sizes: _I32, count: int, table: _U64, out: _I32) -> None:
    times = np.zeros(len(table), np.int32)
    for at in range(count):
        size = sizes[at]
        if size >= MIN_LINE_BYTES:
            key = lines[at] | np.uint64(1)
            slot = _slot(table, key)
            table[slot] = key
            times[slot] += 1
            out[2] += size
            out[3] += size * (times[slot] > 1)
            out[4] = max(out[4], times[slot])


@compiled
def _cleared(table: _U64, count: int) -> _U64:
    """Returns the start of `table` with room for `count` keys, emptied."""
    size = 16
    while size < 2 * count:
        size *= 2
    table[:size] = 0
    return table[:size]


@compiled
def _repeats(data: _U8, offsets: _I64, ngram: int, out: _I32) -> None:
    longest = 0
    for row in range(len(out)):
        longest = max(longest, offsets[row + 1] - offsets[row])
    words = np.empty(longest + 1, np.uint64)
    lines = np.empty(longest + 1, np.uint64)
    sizes = np.empty(longest + 1, np.int32)
    table = np.empty(4 * longest + 32, np.uint64)
    for row in range(len(out)):
        counts = _hashes(data, offsets[row], offsets[row + 1], words, lines, sizes)
        out[row, 0] = max(0, counts[0] - ngram + 1)
        out[row, 1] = _repeated_ngrams(words, counts[0], ngram, _cleared(table, counts[0]))
        _repeated_lines(lines, sizes, counts[1], _cleared(table, counts[1]), out[row])
