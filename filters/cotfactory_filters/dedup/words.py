"""Words, shingles and their hashes, in Python: what the compiled scans compute, for a few texts."""

import re
from collections.abc import Sequence

FNV_SEED = 0xCBF29CE484222325
FNV_PRIME = 0x100000001B3
GRAM_BASE = 0x9E3779B97F4A7C15

_MASK = (1 << 64) - 1
_WORD = re.compile("[\u3000-\u9fff]|[0-9a-z\x80-\u2fff\ua000-\U0010ffff]+")
_LOWER = str.maketrans({chr(c): chr(c + 32) for c in range(ord("A"), ord("Z") + 1)})


def words(text: str) -> list[str]:
    """Splits into words: ASCII in lower case, punctuation dropped, a CJK character for itself."""
    return _WORD.findall(text.translate(_LOWER))


def shingles(text: str, size: int) -> list[tuple[str, ...]]:
    """Returns every `size` words in a row; a text of fewer words has one shingle, all of it."""
    found = words(text)
    count = max(len(found) - size + 1, 1 if found else 0)
    return [tuple(found[i : i + size]) for i in range(count)]


def gram_hash(gram: Sequence[str]) -> int:
    """Returns the 64-bit hash of words in a row: a polynomial in their FNV-1a hashes."""
    total = 0
    for word in gram:
        hashed = FNV_SEED
        for byte in word.encode():
            hashed = (hashed ^ byte) * FNV_PRIME & _MASK
        total = (total * GRAM_BASE + (hashed ^ hashed >> 29)) & _MASK
    return total


def shingle_hash(shingle: Sequence[str]) -> int:
    """Returns the 32-bit hash of a shingle, for `datasketch.MinHash(hashfunc=shingle_hash)`."""
    total = gram_hash(shingle)
    return ((total ^ total >> 32) * GRAM_BASE & _MASK) >> 32
