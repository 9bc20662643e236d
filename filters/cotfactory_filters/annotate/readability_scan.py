"""One compiled pass over the bytes of a thought; imports numba."""

from enum import IntEnum

import numba as nb
import numpy as np
from numpy.typing import NDArray

from cotfactory_filters.utf8 import Utf8


class Column(IntEnum):
    """What the columns of `scan` hold."""

    CHARS = 0
    SYMBOLS = 1
    LONGEST_PARAGRAPH = 2
    LONGEST_LINE = 3
    FENCES = 4
    MARKDOWN_MARKS = 5
    UNBALANCED_LATEX = 6
    REPLACEMENT_CHARS = 7
    MOJIBAKE = 8


_NEWLINE, _SPACE, _BACKSLASH, _DOLLAR = 10, 32, 92, 36
_BACKTICK, _HASH, _STAR, _PIPE, _DASH = 96, 35, 42, 124, 45
_ROUND, _SQUARE, _BRACE = 40, 91, 123  # their closers follow at 41 and 93

_U8 = NDArray[np.uint8]
_I32 = NDArray[np.int32]
_I64 = NDArray[np.int64]

compiled = nb.njit(cache=True, nogil=True)


def _symbol_table() -> NDArray[np.uint8]:
    """1 for bytes that begin a symbol: ASCII punctuation, and leads of U+2000-2FFF and emoji."""
    table = np.zeros(256, np.uint8)
    for byte in range(0x21, 0x7F):
        table[byte] = not chr(byte).isalnum()
    table[[0xE2, 0xF0]] = 1
    return table


def _special_table() -> NDArray[np.uint8]:
    """1 for bytes at which the scan has more to do than to count."""
    table = np.zeros(256, np.uint8)
    table[[_NEWLINE, _BACKSLASH, _DOLLAR, _STAR, 0xC3, 0xEF]] = 1
    return table


SYMBOL = _symbol_table()
SPECIAL = _special_table()


def scan(texts: Utf8) -> NDArray[np.int32]:
    """Returns one row of Column values for each text."""
    out = np.zeros((len(texts.offsets) - 1, len(Column)), np.int32)
    _scan(texts.data, texts.offsets, out)
    return out


@compiled
def _wrongly_decoded(data: _U8, at: int, end: int) -> int:
    """Returns 1 for a character after 0xC3 that was UTF-8 once and read as Latin-1 or cp1252."""
    if at + 3 >= end:
        return 0
    second, third, fourth = data[at + 1], data[at + 2], data[at + 3]
    if third == 0xC2:
        # A tilde or circumflex A before U+0080-00BF, or any letter before a C1 control.
        return int(second in (0x82, 0x83) or fourth < 0xA0)
    # The start of a curly quote: a circumflex, euro sign.
    return int(second == 0xA2 and third == 0xE2 and fourth == 0x82)


@compiled
def _line_marks(data: _U8, at: int, end: int, columns: _I32) -> None:
    """Counts the line that starts here where it is a fence, a heading, a table row or a rule."""
    while at < end and data[at] == _SPACE:
        at += 1
    if at + 2 >= end:
        return
    first = data[at]
    three = first == data[at + 1] and first == data[at + 2]
    if first == _HASH:
        while at < end and data[at] == _HASH:
            at += 1
        columns[5] += at < end and data[at] == _SPACE
    elif first == _BACKTICK:
        columns[4] += three
    else:
        columns[5] += first == _PIPE or (first == _DASH and three)


@compiled
def _latex(data: _U8, at: int, end: int, depth: _I32) -> int:
    r"""Counts what the backslash at `at` opens or closes: \(, \[, \begin{; returns its length.

    `\\[2pt]`, a line break with a distance, opens nothing.
    """
    follower = data[at + 1] if at + 1 < end else _SPACE
    if follower == _BACKSLASH:
        return 2
    if follower in (_ROUND, _ROUND + 1):
        depth[0] += 1 if follower == _ROUND else -1
    elif follower in (_SQUARE, _SQUARE + 2):
        depth[1] += 1 if follower == _SQUARE else -1
    elif at + 6 < end and follower == 98 and data[at + 5] == 110 and data[at + 6] == _BRACE:
        depth[2] += data[at + 2] == 101  # \begin{
    elif at + 4 < end and follower == 101 and data[at + 3] == 100 and data[at + 4] == _BRACE:
        depth[2] -= data[at + 2] == 110  # \end{
    return 1


@compiled
def _signs(data: _U8, at: int, end: int, columns: _I32) -> None:
    """Counts signs of more than one byte; two stars and two dollars go to columns 5 and 6."""
    byte = data[at]
    following = data[at + 1] if at + 1 < end else 0
    if byte in (_STAR, _DOLLAR):
        columns[5 if byte == _STAR else 6] += following == byte
    elif byte == 0xC3:
        columns[8] += _wrongly_decoded(data, at, end)
    elif byte == 0xEF and following == 0xBF and at + 2 < end:
        columns[7] += data[at + 2] == 0xBD


@compiled
def _scan_text(data: _U8, start: int, end: int, depth: _I32, columns: _I32, lines: _I32) -> None:
    """Fills columns; Markdown marks go to lines, for columns[5] counts stars here."""
    chars = symbols = 0
    line = paragraph = 0  # characters before the line, before the paragraph
    _line_marks(data, start, end, lines)
    at = start
    while at < end:
        byte = data[at]
        chars += (byte & 0xC0) != 0x80
        symbols += SYMBOL[byte]
        if SPECIAL[byte]:
            if byte == _NEWLINE:
                columns[3] = max(columns[3], chars - 1 - line)
                if at > start and data[at - 1] == _NEWLINE:
                    columns[2] = max(columns[2], line - 1 - paragraph)
                    paragraph = chars
                line = chars
                _line_marks(data, at + 1, end, lines)
            elif byte == _BACKSLASH:
                step = _latex(data, at, end, depth)
                chars += step - 1
                symbols += step - 1
                at += step - 1
            else:
                _signs(data, at, end, columns)
        at += 1
    columns[0] = chars
    columns[1] = symbols
    columns[2] = max(columns[2], chars - paragraph)
    columns[3] = max(columns[3], chars - line)


@compiled
def _scan(data: _U8, offsets: _I64, out: _I32) -> None:
    depth = np.zeros(3, np.int32)
    lines = np.zeros(out.shape[1], np.int32)
    for row in range(len(out)):
        depth[:] = 0
        lines[:] = 0
        _scan_text(data, offsets[row], offsets[row + 1], depth, out[row], lines)
        # Stars and dollars come in pairs: ** opens, ** closes.
        out[row, 4] = lines[4]
        out[row, 5] = lines[5] + out[row, 5] // 2
        out[row, 6] = out[row, 6] % 2 + abs(depth[0]) + abs(depth[1]) + abs(depth[2])
