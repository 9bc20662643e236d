"""Words and shingles, in Python: what the compiled kernels compute, for a few texts."""

import re

_WORD = re.compile("[\u3000-\u9fff]|[0-9a-z\x80-\u2fff\ua000-\U0010ffff]+")
_LOWER = str.maketrans({chr(c): chr(c + 32) for c in range(ord("A"), ord("Z") + 1)})


def words(text: str) -> list[str]:
    """Splits into words: ASCII in lower case, punctuation dropped, a CJK character for itself."""
    return _WORD.findall(text.translate(_LOWER))


def shingles(text: str, size: int) -> list[str]:
    """Returns every `size` words in a row, joined by spaces; a shorter text has one shingle."""
    found = words(text)
    count = max(len(found) - size + 1, 1 if found else 0)
    return [" ".join(found[i : i + size]) for i in range(count)]
