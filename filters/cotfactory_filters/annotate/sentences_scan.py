"""Compiled: the sentences of a UTF-8 text, and which of them can give a quantity a value.

Imported only where there is work, because it imports numba.
"""

from typing import NamedTuple

import numba as nb
import numpy as np
from numpy.typing import NDArray

U8 = NDArray[np.uint8]
U32 = NDArray[np.uint32]
I32 = NDArray[np.int32]
Flags = NDArray[np.bool_]

MAX_SENTENCE_CHARS = 600
FULL_STOP, SPACE, DIGIT, BEGINS_VALUE, ENDS_VALUE, OPERATOR, ENDS, FOREIGN = (
    1, 2, 4, 8, 16, 32, 64, 128,
)  # fmt: skip
NEWLINE, EQUALS, BACKSLASH, DOLLAR, STAR = 0x0A, 0x3D, 0x5C, 0x24, 0x2A


def _kinds() -> U8:
    """What each byte can be; 0 is a letter or sign that matters to nothing here."""
    members = {
        FULL_STOP: b".!?",
        SPACE: b"\t\n\v\f\r\x1c\x1d\x1e\x1f \0",  # as Python's `re` has it; MARK is passed over
        DIGIT: b"0123456789",
        ENDS_VALUE: b"0123456789})$*%]",
        BEGINS_VALUE: b"0123456789\\$*-+",
        OPERATOR: b"=",
    }
    kinds = np.zeros(256, np.uint8)
    for kind, those in members.items():
        kinds[list(those)] |= kind
    kinds[0x80:] |= BEGINS_VALUE | ENDS_VALUE  # a minus sign, a degree sign, a word of Chinese …
    kinds[list(b".!?\xe3\xef")] |= ENDS
    kinds[[0xD0, 0xD1, *range(0xE3, 0x100)]] |= FOREIGN  # of scripts whose words are not looked up
    return kinds


KIND = _kinds()
_COUNTING = (b" is", b" are", b" be", b"gibt", b" y a", b" hay")
"""Ends of what stands before a count: "There are 7 …", "es gibt", "il y a", "hay"."""
_ADVERBS = (b"on", b"ex", b"ju", b"in", b"ge", b"nu")
"""How a word between that and the count begins: only, exactly, just, in total, genau, nur …"""
_COPULAS = (
    b" is", b" are", b"uals", b"omes", b" be", b" to", b" ist", b"\xa4gt", b" est", b"vaut", b" es",
)  # fmt: skip
"""Ends of what stands before a value: "The sum is 7", "equals", "comes to", "beträgt"."""


def _words(words: tuple[bytes, ...]) -> tuple[U32, U32]:
    values = np.array([int.from_bytes(word, "big") for word in words], np.uint32)
    return values, np.array([(1 << 8 * len(word)) - 1 for word in words], np.uint32)


COUNTING, COUNTING_MASKS = _words(_COUNTING)
ADVERBS, _ = _words(_ADVERBS)
COPULAS, COPULA_MASKS = _words(_COPULAS)

compiled = nb.njit(cache=True, nogil=True)


MARK = 0  # stands before a word that doubts, and counts for no character


class Room(NamedTuple):
    """Sentence k is the characters (not bytes) [starts[k], ends[k]) of the text.

    `possible[k]` is false where no value can be stated: it has no digit, is too long, or has
    neither nothing but a value behind its last equals sign, nor a count behind "there are" or the
    like, nor a word such as "is" and a value at its end. `marks` are the characters before which a
    mark stands. There is room for as many as the text has bytes.
    """

    starts: I32
    ends: I32
    possible: Flags
    marks: I32


@compiled
def _code(data: U8, at: int) -> int:
    """The character that begins at a byte, if it is of two or three; else the byte."""
    lead = int(data[at])
    if 0xC0 <= lead < 0xE0 and at + 1 < data.size:
        return (lead & 0x1F) << 6 | int(data[at + 1] & 0x3F)
    if 0xE0 <= lead < 0xF0 and at + 2 < data.size:
        second, third = int(data[at + 1] & 0x3F), int(data[at + 2] & 0x3F)
        return (lead & 0x0F) << 12 | second << 6 | third
    return lead


@compiled
def _is_space(data: U8, at: int) -> bool:
    if data[at] < 0x80:
        return bool(KIND[data[at]] & SPACE)
    code = _code(data, at)
    return code in (0x85, 0xA0, 0x1680, 0x2028, 0x2029, 0x202F, 0x205F, 0x3000) or (
        0x2000 <= code <= 0x200A
    )


@compiled
def _full_stop(data: U8, at: int) -> int:
    """The bytes of the full stop that stands here, `.!?` or `。！？`; 0 for another character."""
    if data[at] < 0x80:
        return int(KIND[data[at]] & FULL_STOP)
    if data[at] != 0xE3 and data[at] != 0xEF:
        return 0
    return 3 if _code(data, at) in (0x3002, 0xFF01, 0xFF1F) else 0


@compiled
def _may_be_digit(data: U8, at: int) -> bool:
    """Whether a character beyond ASCII is a decimal digit of some script, or lies near one."""
    lead = data[at]
    if lead >= 0xF0:
        return True
    code = _code(data, at)
    near = lead in (0xD9, 0xDB, 0xDF)
    return near or 0x0900 <= code < 0x1C80 or 0xA620 <= code < 0xAC00 or 0xFF10 <= code <= 0xFF19


@compiled
def _is_among(last: np.uint32, words: U32, masks: U32) -> bool:
    """Whether the last four bytes end in one of some words."""
    found = False
    for n in range(words.size):
        found = found or last & masks[n] == words[n]
    return found


@compiled
def _spaces(data: U8, at: int, stop: int) -> int:
    while at < stop and KIND[data[at]] & SPACE:
        at += 1
    return at


@compiled
def _past_opening(data: U8, at: int, stop: int) -> int:
    r"""Passes over what may stand before a number: `$`, `**`, `\(`, a sign, `\frac{`."""
    signs = (DOLLAR, STAR, 0x2B, 0x2D, 0x20, 0x7B)  # + - {
    while at < stop:
        if data[at] in signs:
            at += 1
        elif data[at] == BACKSLASH and at + 1 < stop and data[at + 1] == 0x28:
            at += 2
        elif data[at] == BACKSLASH and at + 5 < stop and data[at + 1] == 0x66:  # \frac
            at += 5
        elif data[at] == BACKSLASH and at + 6 < stop and data[at + 2] == 0x66:  # \dfrac, \tfrac
            at += 6
        elif data[at] == 0xE2:  # a minus sign
            at += 3
        else:
            break
    return at


@compiled
def _is_value(data: U8, at: int, stop: int) -> bool:
    """Whether data[at:stop] may be a number with its signs, a word such as a unit, and no more."""
    at = _past_opening(data, at, stop)
    if at >= stop or not (KIND[data[at]] & DIGIT or data[at] >= 0x80):
        return False
    # {}() are those of a fraction or a formula, C2 begins a degree sign
    marks = (0x2C, 0x2E, 0x2F, 0x20, 0x25, 0x29, 0x7B, 0x7D, DOLLAR, STAR, 0xC2, 0xB0, MARK)
    while at < stop and (KIND[data[at]] & DIGIT or data[at] in marks):
        at += 1
    if at < stop and data[at] == BACKSLASH:  # \% \) \]
        return at + 1 < stop and data[at + 1] in (0x25, 0x29, 0x5D)
    while at < stop and 0x61 <= data[at] | 0x20 <= 0x7A:
        at += 1
    at = _spaces(data, at, stop)
    return at >= stop or data[at] >= 0xE3 or data[at] in (BACKSLASH, 0x2E, 0x2C, 0x3B, 0x21)


@compiled
def _count_begins(data: U8, at: int) -> bool:
    """Whether a value comes next, or one after `only`, `a total of` or the like."""
    at = _spaces(data, at, data.size)
    if at + 1 >= data.size or KIND[data[at]] & BEGINS_VALUE:
        return at < data.size
    first, second = data[at] | 0x20, data[at + 1] | 0x20
    adverb = False
    for word in ADVERBS:
        adverb = adverb or (first == word >> np.uint32(8) and second == word & np.uint32(0xFF))
    return adverb or (first == 0x61 and second == 0x20)  # a total of


@compiled
def _value_ends(data: U8, start: int, stop: int) -> bool:
    """Whether a value, or a unit behind one, may stand at the end, punctuation aside."""
    while stop > start and (KIND[data[stop - 1]] & SPACE or data[stop - 1] in (44, 46, 59, 33)):
        stop -= 1
    if stop - start < 2:
        return stop > start
    last, before = data[stop - 1], data[stop - 2] | 0x20
    if KIND[last] & ENDS_VALUE:
        return True
    # `unit`, or `units`, `degrees`, `ways`
    return (last | 0x20, before) == (116, 105) or (last | 0x20 == 115 and before in (116, 101, 121))


class _Seen(NamedTuple):
    """What was seen in a sentence; the places are those behind a sign or word, or -1."""

    counts: bool
    foreign: bool
    equals: int
    copula: int


@compiled
def _may_state(data: U8, start: int, stop: int, seen: _Seen) -> bool:
    if seen.counts or (seen.equals >= 0 and _is_value(data, seen.equals, stop)):
        return True
    if seen.foreign:
        return _value_ends(data, start, stop)
    return seen.copula >= 0 and _is_value(data, _past_only(data, seen.copula, stop), stop)


@compiled
def _past_only(data: U8, at: int, stop: int) -> int:
    """Passes over `only` or `just`."""
    at = _spaces(data, at, stop)
    word = np.uint32(0)
    for n in range(at, min(at + 4, stop)):
        word = (word << np.uint32(8)) | np.uint32(data[n] | 0x20)
    return at + 4 if word in (0x6F6E6C79, 0x6A757374) else at


@compiled
def _ends_sentence(data: U8, at: int) -> int:
    """The bytes of a full stop that ends a sentence, which is one of CJK or before white space."""
    full_stop = _full_stop(data, at)
    behind = at + 1
    while behind < data.size and data[behind] == MARK:
        behind += 1
    if full_stop == 1 and (behind == data.size or not _is_space(data, behind)):
        return 0
    return full_stop


@compiled
def _word_before(data: U8, start: int, at: int) -> np.uint32:
    """The four bytes before a place in lower case; a space where a sentence or a mark begins."""
    word = np.uint32(0x20)
    for n in range(max(start, at - 4), at):
        word = (word << np.uint32(8)) | np.uint32(data[n] | 0x20)
    return word


@compiled
def _sentence(data: U8, start: int, marks: I32, marked: int) -> tuple[int, int, int, bool]:
    """Reads a sentence; returns its last byte's successor, its characters, all marks, if possible.

    It ends before the end of a line, or behind a full stop that white space follows. `marks` gets,
    from place `marked` on, the characters of the sentence before which marks stand.
    """
    at, chars, equals, copula = start, 0, -1, -1
    digit = counts = foreign = False
    while at < data.size and data[at] != NEWLINE:
        byte = data[at]
        kind = KIND[byte]
        if kind == 0:  # most letters
            chars += 1
            at += 1
            continue
        if byte == MARK:
            marks[marked] = chars
            marked += 1
            at += 1
            continue
        full_stop = _ends_sentence(data, at) if kind & ENDS else 0
        if full_stop:
            at += full_stop
            chars += 1
            break
        digit = digit or bool(kind & DIGIT) or (byte >= 0xD9 and _may_be_digit(data, at))
        foreign = foreign or bool(kind & FOREIGN)
        if kind & SPACE and _count_begins(data, at):
            word = _word_before(data, start, at)
            copula = at if _is_among(word, COPULAS, COPULA_MASKS) else copula
            counts = counts or _is_among(word, COUNTING, COUNTING_MASKS)
        if kind & OPERATOR:
            equals = at + 1
        chars += (byte & 0xC0) != 0x80
        at += 1
    seen = _Seen(counts, foreign, equals, copula)
    short = chars <= MAX_SENTENCE_CHARS
    return at, chars, marked, digit and short and _may_state(data, start, at, seen)


def room(size: int) -> Room:
    """Returns room for the sentences of texts of up to so many bytes."""
    starts, ends, marks = np.empty((3, size), np.int32)
    return Room(starts, ends, np.empty(size, np.bool_), marks)


@compiled
def cut(data: U8, room: Room, reach: int) -> tuple[I32, I32, Flags, Flags]:
    """Cuts a text into sentences; returns their starts, their ends, and which are possible.

    The last are those of the possible ones that a mark follows within so many characters.
    """
    at, char, count, marked = 0, 0, 0, 0
    while at < data.size:
        skipped = 1 if data[at] == NEWLINE else _full_stop(data, at)
        if skipped:
            at += skipped
            char += 1
            continue
        before = marked
        at, chars, marked, room.possible[count] = _sentence(data, at, room.marks, before)
        for mark in range(before, marked):
            room.marks[mark] += char
        room.starts[count], room.ends[count] = char, char + chars
        char += chars
        count += 1
    starts, ends = room.starts[:count].copy(), room.ends[:count].copy()
    possible = room.possible[:count].copy()
    return starts, ends, possible, _near(ends, possible, room.marks[:marked], reach)


@compiled
def _near(ends: I32, possible: Flags, marks: I32, reach: int) -> Flags:
    found = np.zeros(ends.size, np.bool_)
    mark = 0
    for k in range(ends.size):
        while mark < marks.size and marks[mark] < ends[k]:
            mark += 1
        if mark < marks.size and marks[mark] < ends[k] + reach:
            found[k] = possible[k]
    return found
