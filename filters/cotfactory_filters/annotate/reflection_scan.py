"""A compiled count of chosen words in UTF-8 texts; imports numba."""

from collections.abc import Sequence
from typing import NamedTuple

import numba as nb
import numpy as np
from numpy.typing import NDArray

from cotfactory_filters.utf8 import Utf8

_SLOTS = 512  # many times the words, so that nearly every other word falls into an empty slot
_SEED, _FACTOR = np.uint64(14695981039346656037), np.uint64(1099511628211)
_MASK = np.uint64((1 << 64) - 1)
_APOSTROPHE = 39


class Vocabulary(NamedTuple):
    """A hash table of words; columns[slot] is what the word in hashes[slot] counts for."""

    hashes: NDArray[np.uint64]
    columns: NDArray[np.int32]
    width: int


def vocabulary(columns: Sequence[Sequence[str]]) -> Vocabulary:
    """Makes the table of words, or phrases of two words, that each column counts.

    Words are ASCII letters in lower case.
    """
    hashes = np.zeros(_SLOTS, np.uint64)
    targets = np.full(_SLOTS, -1, np.int32)
    for column, phrases in enumerate(columns):
        for phrase in phrases:
            key = _phrase_hash(phrase)
            slot = key % _SLOTS
            while targets[slot] >= 0:
                slot = (slot + 1) % _SLOTS
            hashes[slot], targets[slot] = key, column
    return Vocabulary(hashes, targets, len(columns))


def count_words(texts: Utf8, words: Vocabulary) -> NDArray[np.int32]:
    """Returns one row for each text: how often each column's words occur, then all words.

    Case does not matter. A word is a run of ASCII letters; others, such as CJK, are not counted.
    """
    out = np.zeros((len(texts.offsets) - 1, words.width + 1), np.int32)
    _count(texts.data, texts.offsets, words.hashes, words.columns, out)
    return out


def _phrase_hash(phrase: str) -> int:
    first, _, second = phrase.partition(" ")
    key = _word_hash(first)
    return _joined(key, _word_hash(second)) if second else key


def _word_hash(word: str) -> int:
    key = int(_SEED)
    for byte in word.encode("ascii"):
        key = ((key ^ byte) * int(_FACTOR)) & int(_MASK)
    return key


def _joined(first: int, second: int) -> int:
    return ((first * int(_FACTOR)) ^ second) & int(_MASK)


@nb.njit(cache=True, nogil=True, inline="always")
def _column(key: np.uint64, hashes: NDArray[np.uint64], columns: NDArray[np.int32]) -> int:
    """Returns the column of the word with this hash, or -1."""
    slot = key % np.uint64(_SLOTS)
    while columns[slot] >= 0:
        if hashes[slot] == key:
            return int(columns[slot])
        slot = (slot + np.uint64(1)) % np.uint64(_SLOTS)
    return -1


@nb.njit(cache=True, nogil=True)
def _count(
    data: NDArray[np.uint8],
    offsets: NDArray[np.int64],
    hashes: NDArray[np.uint64],
    columns: NDArray[np.int32],
    out: NDArray[np.int32],
) -> None:
    last = out.shape[1] - 1
    for row in range(len(out)):
        key, previous = _SEED, np.uint64(0)
        for at in range(offsets[row], offsets[row + 1] + 1):
            byte = np.uint8(10) if at == offsets[row + 1] else data[at]
            letter = byte | np.uint8(32)
            if letter >= 97 and letter <= 122:
                key = (key ^ np.uint64(letter)) * _FACTOR
            elif key != _SEED:
                column = _column(key, hashes, columns)
                if column >= 0:
                    out[row, column] += 1
                if previous != 0:
                    column = _column((previous * _FACTOR) ^ key, hashes, columns)
                    if column >= 0:
                        out[row, column] += 1
                out[row, last] += 1
                # A phrase is two words with one space between them.
                previous = key if byte == 32 else np.uint64(0)
                key = _SEED
            else:
                previous = np.uint64(0)
