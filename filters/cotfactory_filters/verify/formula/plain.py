"""Reads an answer that is one plain number, whatever stands around it."""

import re

from cotfactory_filters.verify.formula.characters import plain_characters
from cotfactory_filters.verify.formula.numbers import Number, read_number

_CODES = "bg ca cs da de el es et fi fr hr hu id it lt lv nb nl no pl pt ro ru sk sl sr sv tr uk vi"
DECIMAL_COMMA = frozenset(_CODES.split())
"""ISO 639-1 codes of languages that write 3,14 and 1.234,56."""

_TYPESET_COMMA = re.compile(
    r"(?<=\d)\s*(?:\{\s*,\s*\}|,\s*\\!)\s*(?=\d{3}(?!\d))|(?<=\d)\\,(?=\d{3}(?!\d))"
)
_ORDINAL = re.compile(
    r"(?<=\d)\s*(?:\^\s*)?(?:\{\s*)?(?:\\(?:mathrm|text|textrm|rm)\s*\{?\s*)?(?:st|nd|rd|th)\b\s*\}{0,2}"
)
_THOUSANDS = re.compile(r"(?<![\d.,])\d{1,3}(?:,\d{3})+(?![\d,])")
AMBIGUOUS_POINT = re.compile(r"(?<![\d.,])[1-9]\d{0,2}\.\d{3}(?![\d.,])")
"""`12.000`, which is twelve or twelve thousand where a decimal comma is written."""
_SPACED_DECIMAL = re.compile(r"(?<![\d.,])\d{1,3}(?: \d{3})+(?=,\d)")
_SPACED_THOUSANDS = re.compile(r"(?<![\d.,])\d{1,3}(?: \d{3})+(?![\d,/])")
_POINT_THOUSANDS = re.compile(r"(?<![\d.,])\d{1,3}(?:\.\d{3})+(?=,\d)")
_MANY_POINTS = re.compile(r"(?<![\d.,])\d{1,3}(?:\.\d{3}){2,}(?![\d.])")
_DECIMAL_COMMA = re.compile(r"(?<![\d.,])(\d+),(\d+)(?![\d,])")
_DECORATION = re.compile(r"\\\$|\\%|\\[,;:! ]|[$€£¥%]|\\\(|\\\)|\^\{?\\circ\}?|~")
_UNIT = re.compile(
    r"\\(?:text|textbf|mathrm|mbox|textrm)\s*\{[^{}]*\}(?:\^\{?-?\d\}?)?|(?<=[\d}])(?:\s+[^\W\d_]|[^\W\d_]{2,}).*$"
)


def join_thousands(text: str, language: str) -> str:
    r"""Takes thousands separators out of the numbers in `text`, and writes decimals with a point.

    `14{,}916` and `16,\!386` are typeset separators. `1,234` is a number in English, `1 234` in
    the SI style; in the languages of DECIMAL_COMMA, `3,14` is a decimal, `1.234,5` and `1 234,5`
    have both, and `1.234.567` is a number. A
    comma after a leading zero (`0,111`) is a decimal comma in any language: no thousand starts so.
    Ordinal endings go too: `12^{\mathrm{th}}` is the number 12.
    """
    text = _ORDINAL.sub("", _TYPESET_COMMA.sub("", text))
    text = _SPACED_THOUSANDS.sub(lambda m: m[0].replace(" ", ""), text)
    if language in DECIMAL_COMMA:
        text = _SPACED_DECIMAL.sub(lambda m: m[0].replace(" ", ""), text)
        for points in (_POINT_THOUSANDS, _MANY_POINTS):
            text = points.sub(lambda m: m[0].replace(".", ""), text)
        return _DECIMAL_COMMA.sub(r"\1.\2", text)
    return _THOUSANDS.sub(_joined, text)


def _joined(match: re.Match[str]) -> str:
    return match[0].replace(",", "." if match[0].startswith("0,") else "")


def plain_number(text: str, language: str = "en") -> Number | None:
    """Returns the one number in `text`, without currency, percent sign, unit and spacing."""
    text = join_thousands(plain_characters(text), language)
    bare = _UNIT.sub("", _DECORATION.sub("", text)).strip(" .\n")
    bare = re.sub(r"^[A-Za-z]\w*\s*=\s*", "", bare)
    return read_number(re.sub(r"(?<=[^\d])\s+|\s+(?=[^\d])", "", bare))
