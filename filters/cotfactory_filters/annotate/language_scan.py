r"""A compiled pass that counts words by script and marks sentences to look at; imports numba.

Math and code are passed over: \(…\), \[…\], $…$, commands, fences and backticks, and words that
touch a digit or an underscore. Single letters are variables, not words.
"""

import functools
from collections.abc import Sequence
from typing import NamedTuple

import numba as nb
import numpy as np
from numpy.typing import NDArray

from cotfactory_filters.annotate.scripts import (
    CHARS_PER_WORD,
    JUDGED_SCRIPTS,
    Script,
    block_table,
    scripts_of,
)
from cotfactory_filters.language_words import COMMON_WORDS, NEUTRAL_WORDS
from cotfactory_filters.utf8 import Utf8

MIN_WORDS = 5  # a shorter sentence is joined to the next one of its paragraph
SHORT_WORDS = 3  # ... unless it has common words of another language and none of its own
NEUTRAL = 7
MAX_WORDS = 200  # a longer one is cut; counts of common words must fit into a byte
MIN_COMMON_SHARE = 0.2  # prose of a language has more of its common words
PROSE_WORDS = 4  # so many in a row, with a space behind each, are no formula
MAX_FORMULA_BYTES = 2000
MAX_CODE_BYTES = 1 << 20

_U8 = NDArray[np.uint8]
_I32 = NDArray[np.int32]
_I64 = NDArray[np.int64]
_U64 = NDArray[np.uint64]
_Target = tuple[_U8, bool, bool, _U64, _U64]
_SEED, _FACTOR = np.uint64(14695981039346656037), np.uint64(1099511628211)
_SLOTS = 1 << 12

compiled = nb.njit(cache=True, nogil=True)
inlined = nb.njit(cache=True, nogil=True, inline="always")


class Target(NamedTuple):
    """What the scan must know of the expected language.

    home[script] is 1 for its scripts. `judged` says that its script does not decide, for other
    languages share it. hashes and ones are the table of common words: ones[slot] has a 1 in the
    byte of each list that the word is in; byte 0 is the language's own list, byte NEUTRAL holds
    words that count for no language. Without an own list, every sentence is marked.
    """

    home: _U8
    judged: bool
    listed: bool
    hashes: _U64
    ones: _U64


class Scanned(NamedTuple):
    """What the scan found.

    words[text, script] counts words, or characters in scripts without spaces. spans[text] is the
    longest run of words of foreign scripts in characters. A mark is a sentence of the home script
    that may be of another language: its text, first byte, end and number of words.
    """

    words: _I32
    spans: _I32
    marks: _I64


@functools.cache
def target(language: str) -> Target:
    """Returns what is known of `language`, an ISO 639-1 code or empty."""
    scripts = scripts_of(language)
    home = np.zeros(len(Script), np.uint8)
    home[[*scripts]] = 1
    others = [code for code in COMMON_WORDS if code != language][: NEUTRAL - 1]
    hashes, ones = _word_table([COMMON_WORDS.get(language, ""), *(COMMON_WORDS[o] for o in others)])
    judged = scripts[0] in JUDGED_SCRIPTS
    return Target(home, judged, language in COMMON_WORDS, hashes, ones)


def scan(texts: Utf8, expected: Target) -> Scanned:
    """Counts and marks; see Scanned."""
    rows = len(texts.offsets) - 1
    words = np.zeros((rows, len(Script)), np.int32)
    spans = np.zeros(rows, np.int32)
    # A sentence has SHORT_WORDS words or more, each of two letters with a byte, or the text's end,
    # behind it; the scan does not check that its marks have room.
    marks = np.empty(((len(texts.data) + rows) // (3 * SHORT_WORDS) + 1, 4), np.int64)
    given = (expected.home, expected.judged, expected.listed, expected.hashes, expected.ones)
    found = _scan(texts.data, texts.offsets, given, (words, spans, marks))
    return Scanned(words, spans, marks[:found])


def _word_table(lists: Sequence[str]) -> tuple[_U64, _U64]:
    """Returns hashes of common words, and a 1 in the byte of each list that holds them."""
    bytes_of: dict[int, int] = {}
    columns = [*enumerate(lists), (NEUTRAL, NEUTRAL_WORDS)]
    for column, words in columns:
        for word in words.split():
            key = int(_SEED)
            for byte in word.encode():
                key = ((key ^ byte) * int(_FACTOR)) & 0xFFFF_FFFF_FFFF_FFFF
            bytes_of[key] = bytes_of.get(key, 0) | 1 << 8 * column
    hashes, ones = np.zeros(_SLOTS, np.uint64), np.zeros(_SLOTS, np.uint64)
    for key, mask in bytes_of.items():
        slot = key % _SLOTS
        while ones[slot]:
            slot = (slot + 1) % _SLOTS
        hashes[slot], ones[slot] = key, mask
    return hashes, ones


def _byte_classes() -> _U8:
    table = np.zeros(256, np.uint8)
    for byte in range(256):
        if chr(byte).isalpha() and byte < 0x80:
            table[byte] = _ASCII
        elif byte >= 0xC3:
            table[byte] = _LEAD
    table[[ord(c) for c in ".!?;:"]] = _STOP
    table[ord("\n")] = _BREAK
    table[0x80:0xC0] = _TAIL
    table[[ord(c) for c in "0123456789_"]] = _NAME
    table[[ord(c) for c in "\\$`"]] = _SKIPPED
    return table


_ASCII, _NAME, _TAIL, _LEAD, _SKIPPED, _STOP, _BREAK = 1, 2, 3, 4, 5, 6, 7
_CLASS = _byte_classes()
_BLOCK = block_table()
_UNSPACED = np.array([script in CHARS_PER_WORD for script in Script], np.uint8)
_LATIN = int(Script.LATIN)


@compiled
def _find(data: _U8, at: int, end: int, closer: tuple[int, int]) -> int:
    """Returns the position of two bytes, or -1."""
    while at + 1 < end:
        if data[at] == closer[0] and data[at + 1] == closer[1]:
            return at
        at += 1
    return -1


@compiled
def _is_prose(data: _U8, at: int, end: int) -> bool:
    """Says whether what looks like a formula holds CJK characters, or several words in a row."""
    words = letters = 0
    for position in range(at, end):
        byte = data[position]
        if byte >= 0xE3:
            return True
        if _CLASS[byte] == _ASCII or byte >= 0x80:
            letters += 1
            continue
        words = words + 1 if byte == 32 and letters >= 2 else 0
        letters = -MAX_FORMULA_BYTES if byte == 92 else 0
        if words >= PROSE_WORDS:
            return True
    return False


@compiled
def _find_in_formula(data: _U8, at: int, end: int, closer: tuple[int, int]) -> int:
    """Returns the position of two bytes, or -1; prose is no formula."""
    found = _find(data, at, end, closer)
    return -1 if found >= 0 and _is_prose(data, at, found) else found


@compiled
def _after_dollar(data: _U8, at: int, end: int) -> int:
    """Returns the end of $…$ or $$…$$; a dollar that opens no formula is money.

    As in Pandoc: no space behind the opener or before the closer, no digit behind the closer.
    """
    end = min(end, at + MAX_FORMULA_BYTES)
    if at + 1 < end and data[at + 1] == 36:
        closer = _find_in_formula(data, at + 2, end, (36, 36))
        return closer + 2 if closer >= 0 else at + 2
    if at + 1 >= end or data[at + 1] <= 32:
        return at + 1
    for position in range(at + 2, end):
        if data[position] == 10 and data[position - 1] == 10:
            break
        if data[position] == 36 and data[position - 1] > 32:
            digit = position + 1 < end and data[position + 1] >= 48 and data[position + 1] <= 57
            return at + 1 if digit or _is_prose(data, at, position) else position + 1
    return at + 1


@compiled
def _after_backslash(data: _U8, at: int, end: int) -> int:
    r"""Returns the end of \(…\), \[…\], or a command; \text{…} is read on as text."""
    follower = data[at + 1] if at + 1 < end else np.uint8(32)
    if follower in (40, 91):
        closer = _find_in_formula(
            data, at + 2, min(end, at + MAX_FORMULA_BYTES), (92, 41 if follower == 40 else 93)
        )
        return closer + 2 if closer >= 0 else at + 2
    start = at + 1
    at += 1
    while at < end and _CLASS[data[at]] == _ASCII:
        at += 1
    length = at - start
    named = (length == 5 and data[start] == 98) or (length == 3 and data[start] == 101)
    if named and at < end and data[at] == 123:  # \begin{name}, \end{name}
        while at < end and data[at] != 125 and data[at] != 10:
            at += 1
    return max(at, start + (length == 0))


@compiled
def _after_backtick(data: _U8, at: int, end: int) -> int:
    """Returns the end of a fence or of inline code; one that is not closed is passed over."""
    if at + 2 < end and data[at + 1] == 96 and data[at + 2] == 96:
        limit = min(end, at + MAX_CODE_BYTES)
        position = at + 3
        while True:
            position = _find(data, position, limit, (96, 96))
            if position < 0:
                return at + 3
            if position + 2 < limit and data[position + 2] == 96:
                return position + 3
            position += 1
    for position in range(at + 1, min(end, at + 200)):
        if data[position] == 96:
            return position + 1
        if data[position] == 10:
            break
    return at + 1


@compiled
def _after_skipped(data: _U8, at: int, end: int) -> int:
    if data[at] == 36:
        return _after_dollar(data, at, end)
    if data[at] == 92:
        return _after_backslash(data, at, end)
    return _after_backtick(data, at, end)


@compiled
def _letter(data: _U8, at: int, end: int) -> tuple[int, int]:
    """Returns script and length in bytes of the character at `at`, which is above U+007F."""
    byte = data[at]
    size = 2 if byte < 0xE0 else (3 if byte < 0xF0 else 4)
    if at + size > end or byte < 0xC3 or size == 4:
        return 0, size
    point = (byte & (0x1F if size == 2 else 0x0F)) << 6 | (data[at + 1] & 0x3F)
    if size == 3:
        point = point << 6 | (data[at + 2] & 0x3F)
    if point in (0xD7, 0xF7):  # the signs of multiplication and division
        return 0, size
    return int(_BLOCK[point >> 4]), size


@inlined
def _common(key: np.uint64, hashes: _U64, ones: _U64) -> np.uint64:
    """Returns a 1 in the byte of each list that holds the word with this hash."""
    slot = key & np.uint64(_SLOTS - 1)
    while hashes[slot] != 0 and hashes[slot] != key:
        slot = (slot + np.uint64(1)) & np.uint64(_SLOTS - 1)
    return np.uint64(ones[slot])


@inlined
def _is_word(letters: int, small: int, common: np.uint64, at_home: int) -> bool:
    """Says whether letters, `small` of them not capitals, are a word of a language.

    Words in capitals are points of a figure or acronyms. Latin words among other scripts are not
    `at_home`: short ones are units and functions (cm, sin), those with a capital are names.
    """
    if letters < 2 or small == 0 or common >> np.uint64(8 * NEUTRAL):
        return False
    return bool(at_home or common != 0 or (letters >= 4 and small == letters))


@compiled
def _marked(words: int, hits: np.uint64, target: _Target) -> bool:
    """Says whether a sentence lacks the common words of its language, or has more of another's."""
    if words < SHORT_WORDS or not target[1]:
        return False
    own = int(hits & np.uint64(255))
    most = 0
    for other in range(1, NEUTRAL):
        most = max(most, int((hits >> np.uint64(8 * other)) & np.uint64(255)))
    if words < MIN_WORDS:
        return bool(own == 0 and most >= 2)
    return bool(not target[2] or own < MIN_COMMON_SHARE * words or most > own)


@compiled
def _mark(
    row: int, bounds: tuple[int, int, int, np.uint64], target: _Target, marks: _I64, found: int
) -> int:
    """Marks a sentence (first byte, end, words, hits) where it is to be looked at."""
    start, end, words, hits = bounds
    if _marked(words, hits, target):
        marks[found, 0] = row
        marks[found, 1] = start
        marks[found, 2] = end
        marks[found, 3] = words
        return found + 1
    return found


@compiled
def _chars(data: _U8, start: int, end: int) -> int:
    chars = 0
    for position in range(start, end):
        chars += (data[position] & 0xC0) != 0x80
    return chars


@compiled
def _scan_text(  # noqa: C901, PLR0912 - calls for each word cost half the speed
    data: _U8, bounds: tuple[int, int, int], target: _Target, words: _I32, marks: _I64, found: int
) -> tuple[int, int]:
    """Returns the new count of marks, and the longest foreign run in characters."""
    row, first, end = bounds
    home, _, _, hashes, ones = target
    start = last = count = 0  # the sentence: first byte, end, words
    hits = np.uint64(0)
    run = run_end = longest = 0  # the run of foreign words: characters, end
    script = begin = letters = small = 0  # the word
    key = _SEED
    named = False  # the word touches a digit or an underscore: it is a variable
    resume = first
    for at in range(first, end + 1):
        byte = data[at] if at < end else np.uint8(0)
        kind = _CLASS[byte]
        if at < resume:
            continue
        if kind == _ASCII:
            if letters == 0:
                script, begin = _LATIN, at
            letters += 1
            small += int(byte >= 97)
            key = (key ^ np.uint64(byte | 32)) * _FACTOR
            continue
        if kind == _NAME:
            named = True
            continue
        here, size = 0, 1
        if kind in (_TAIL, _LEAD):
            if kind == _LEAD:
                here, size = _letter(data, at, end)
                joins = here != 0 and not _UNSPACED[here]
                if joins and letters == 0:
                    script, begin = here, at
                letters += joins
                small += joins
            else:
                joins = letters > 0
            if joins:
                key = (key ^ np.uint64(byte)) * _FACTOR
                continue
        if letters > 0:
            common = _common(key, hashes, ones) if script == _LATIN else np.uint64(0)
            if not named and _is_word(letters, small, common, home[_LATIN] or script != _LATIN):
                words[script] += 1
                if home[script]:
                    if count == 0:
                        start = begin
                    last = at
                    count += 1
                    hits += common
                    run = 0
                else:
                    run += _chars(data, run_end if run else begin, at)
                    run_end = at
                    longest = max(longest, run)
            letters = small = 0
            key = _SEED
        named = False
        if kind in (0, _TAIL):
            continue
        if here:
            words[here] += 1
            if home[here]:
                run = 0
            else:
                run += _chars(data, run_end if run else at, at + size)
                run_end = at + size
                longest = max(longest, run)
        elif kind == _SKIPPED:
            resume = _after_skipped(data, at, end)
        elif kind != _LEAD and count > 0 and _ends(data, at, end):
            before = found
            found = _mark(row, (start, last, count, hits), target, marks, found)
            if count >= MIN_WORDS or found > before or _ends_paragraph(data, at, end):
                count = 0
                hits = np.uint64(0)
        if count >= MAX_WORDS:
            found = _mark(row, (start, last, count, hits), target, marks, found)
            count = 0
            hits = np.uint64(0)
    found = _mark(row, (start, last, count, hits), target, marks, found)
    return found, longest


@compiled
def _ends(data: _U8, at: int, end: int) -> bool:
    """Says whether the mark at `at` ends a sentence, unlike a decimal point."""
    return bool(data[at] == 10 or at + 1 >= end or data[at + 1] <= 32)


@compiled
def _ends_paragraph(data: _U8, at: int, end: int) -> bool:
    return bool(data[at] == 10 and at + 1 < end and data[at + 1] == 10)


@compiled
def _scan(data: _U8, offsets: _I64, target: _Target, out: tuple[_I32, _I32, _I64]) -> int:
    words, spans, marks = out
    found = 0
    for row in range(len(spans)):
        bounds = (row, offsets[row], offsets[row + 1])
        found, spans[row] = _scan_text(data, bounds, target, words[row], marks, found)
    return found
