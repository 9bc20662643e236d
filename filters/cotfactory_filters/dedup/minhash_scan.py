"""Compiled loops over UTF-8 bytes: words, shingle hashes, MinHash signatures, exact Jaccard.

Imports numba; functions are compiled at their first call and cached on disk.

Words (`cotfactory_filters.dedup.words` says the same in Python): ASCII letters are lowered;
a character in U+3000–U+9FFF (CJK) is a word of its own; other ASCII letters and digits and all
other characters above ASCII join into words; ASCII punctuation and spaces part them.
"""

import numba as nb
import numpy as np
from numpy.typing import NDArray

U8 = NDArray[np.uint8]
U32 = NDArray[np.uint32]
I64 = NDArray[np.int64]

_P1 = np.uint32(2654435761)
_P2 = np.uint32(2246822519)
_P3 = np.uint32(3266489917)
_P4 = np.uint32(668265263)
_P5 = np.uint32(374761393)
_FMIX1 = np.uint32(0x85EBCA6B)
_FMIX2 = np.uint32(0xC2B2AE35)
_ORDER = np.uint64(0x9E3779B97F4A7C15)

compiled = nb.njit(cache=True, nogil=True)


@nb.njit(cache=True, nogil=True, inline="always")
def _rotated(x: np.uint32, bits: int) -> np.uint32:
    return np.uint32((x << np.uint32(bits)) | (x >> np.uint32(32 - bits)))


@nb.njit(cache=True, nogil=True, inline="always")
def _word32(text: U8, at: int) -> np.uint32:
    return np.uint32(
        np.uint32(text[at])
        | (np.uint32(text[at + 1]) << np.uint32(8))
        | (np.uint32(text[at + 2]) << np.uint32(16))
        | (np.uint32(text[at + 3]) << np.uint32(24))
    )


@nb.njit(cache=True, nogil=True, inline="always")
def _stripe(lane: np.uint32, text: U8, at: int) -> np.uint32:
    return np.uint32(_rotated(np.uint32(lane + _word32(text, at) * _P2), 13) * _P1)


@compiled
def xxh32(text: U8, start: int, stop: int) -> np.uint32:
    """Returns the XXH32 hash, seed 0, of text[start:stop]."""
    at = start
    if stop - start >= 16:
        a, b = np.uint32(_P1 + _P2), _P2
        c, d = np.uint32(0), np.uint32(0) - _P1
        c, d = np.uint32(c), np.uint32(d)
        while at + 16 <= stop:
            a = _stripe(a, text, at)
            b = _stripe(b, text, at + 4)
            c = _stripe(c, text, at + 8)
            d = _stripe(d, text, at + 12)
            at += 16
        total = np.uint32(_rotated(a, 1) + _rotated(b, 7) + _rotated(c, 12) + _rotated(d, 18))
    else:
        total = _P5
    total = np.uint32(total + np.uint32(stop - start))
    while at + 4 <= stop:
        total = np.uint32(_rotated(np.uint32(total + _word32(text, at) * _P3), 17) * _P4)
        at += 4
    while at < stop:
        total = np.uint32(_rotated(np.uint32(total + text[at] * _P5), 11) * _P1)
        at += 1
    total = np.uint32((total ^ (total >> np.uint32(15))) * _P2)
    total = np.uint32((total ^ (total >> np.uint32(13))) * _P3)
    return np.uint32(total ^ (total >> np.uint32(16)))


@compiled
def normalise(text: U8, start: int, stop: int, out: U8, words: I64) -> int:
    """Writes the words of text[start:stop] to `out`, one space between two; returns their count.

    words[i] is where word i starts in `out`; words[count] is one past the space that would follow
    the last. `out` holds 2 bytes for each byte of text, `words` one entry a byte and one more.
    """
    count = 0
    to = 0
    inside = False
    at = start
    while at < stop:
        byte = text[at]
        if byte >= 0xE3 and byte <= 0xE9 and at + 2 < stop:
            if inside:
                out[to] = 32
                to += 1
                inside = False
            words[count] = to
            count += 1
            out[to] = byte
            out[to + 1] = text[at + 1]
            out[to + 2] = text[at + 2]
            out[to + 3] = 32
            to += 4
            at += 3
            continue
        kept = CLASS[byte]
        if kept:
            if not inside:
                words[count] = to
                count += 1
                inside = True
            out[to] = kept
            to += 1
        elif inside:
            out[to] = 32
            to += 1
            inside = False
        at += 1
    if inside:
        out[to] = 32
        to += 1
    words[count] = to
    return count


def _byte_classes() -> U8:
    """What each byte becomes inside a word; 0 for bytes that part words."""
    classes = np.zeros(256, np.uint8)
    for byte in range(256):
        if byte >= 0x80 or chr(byte).isalnum():
            classes[byte] = ord(chr(byte).lower()) if byte < 0x80 else byte
    return classes


CLASS = _byte_classes()


@compiled
def shingle(text: U8, words: I64, count: int, size: int, hashes: U32) -> int:
    """Writes the XXH32 of every `size` words in a row, joined by spaces; returns how many.

    A text of fewer words has one shingle, all of it; an empty one has none.
    """
    if count == 0:
        return 0
    if count < size:
        hashes[0] = xxh32(text, 0, words[count] - 1)
        return 1
    total = count - size + 1
    for i in range(total):
        hashes[i] = xxh32(text, words[i], words[i + size] - 1)
    return total


@compiled
def order_hash(hashes: U32, count: int) -> np.uint64:
    """Returns a 64-bit hash of the shingles in order: equal for texts with the same words."""
    total = np.uint64(count)
    for i in range(count):
        total = (total ^ np.uint64(hashes[i])) * _ORDER
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
) -> tuple[NDArray[np.uint64], NDArray[np.int32]]:
    """Signs the texts data[bounds[i]:bounds[i + 1]].

    `permutations` is (2, p): factors and offsets. Writes the signatures to `out`, (n, p); returns
    the order hashes and the shingle counts, (n,) each.
    """
    n = bounds.size - 1
    longest = 1
    for i in range(n):
        longest = max(longest, bounds[i + 1] - bounds[i])
    text = np.empty(2 * longest + 4, np.uint8)
    words = np.empty(longest + 2, np.int64)
    hashes = np.empty(longest + 1, np.uint32)
    orders = np.empty(n, np.uint64)
    counts = np.empty(n, np.int32)
    for i in range(n):
        found = normalise(data, bounds[i], bounds[i + 1], text, words)
        counts[i] = shingle(text, words, found, size, hashes)
        orders[i] = order_hash(hashes, counts[i])
        mix(hashes, counts[i])
        minima(hashes, counts[i], permutations, out[i])
    return orders, counts


@compiled
def shingle_all(data: U8, bounds: I64, size: int) -> tuple[U32, I64]:
    """Returns the shingle hashes of the texts, one after the other, and where each text's begin."""
    n = bounds.size - 1
    longest = 1
    for i in range(n):
        longest = max(longest, bounds[i + 1] - bounds[i])
    text = np.empty(2 * longest + 4, np.uint8)
    words = np.empty(longest + 2, np.int64)
    hashes = np.empty(bounds[n] - bounds[0] + n, np.uint32)
    starts = np.zeros(n + 1, np.int64)
    for i in range(n):
        found = normalise(data, bounds[i], bounds[i + 1], text, words)
        count = shingle(text, words, found, size, hashes[starts[i] :])
        starts[i + 1] = starts[i] + count
    return hashes[: starts[n]], starts
