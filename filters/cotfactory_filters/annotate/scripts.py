"""Writing systems: which characters belong to which, and what languages they stand for."""

from enum import IntEnum

import numpy as np
from numpy.typing import NDArray


class Script(IntEnum):
    """Writing systems of letters; NONE for all else."""

    NONE = 0
    LATIN = 1
    HAN = 2
    KANA = 3
    HANGUL = 4
    CYRILLIC = 5
    GREEK = 6
    ARABIC = 7
    HEBREW = 8
    DEVANAGARI = 9
    BENGALI = 10
    TAMIL = 11
    TELUGU = 12
    THAI = 13
    GURMUKHI = 14
    GUJARATI = 15
    KANNADA = 16
    MALAYALAM = 17
    SINHALA = 18
    KHMER = 19
    LAO = 20
    MYANMAR = 21
    GEORGIAN = 22
    ARMENIAN = 23
    ETHIOPIC = 24


MAIN_LANGUAGE: dict[Script, str] = {
    Script.HAN: "zh",
    Script.KANA: "ja",
    Script.HANGUL: "ko",
    Script.CYRILLIC: "ru",
    Script.GREEK: "el",
    Script.ARABIC: "ar",
    Script.HEBREW: "he",
    Script.DEVANAGARI: "hi",
    Script.BENGALI: "bn",
    Script.TAMIL: "ta",
    Script.TELUGU: "te",
    Script.THAI: "th",
    Script.GURMUKHI: "pa",
    Script.GUJARATI: "gu",
    Script.KANNADA: "kn",
    Script.MALAYALAM: "ml",
    Script.SINHALA: "si",
    Script.KHMER: "km",
    Script.LAO: "lo",
    Script.MYANMAR: "my",
    Script.GEORGIAN: "ka",
    Script.ARMENIAN: "hy",
    Script.ETHIOPIC: "am",
}
"""The language that a script is taken for where nothing else says which of its languages it is."""

_SHARED = {
    Script.CYRILLIC: ("be", "bg", "kk", "ky", "mk", "mn", "sr", "tg", "uk"),
    Script.ARABIC: ("fa", "ps", "ur", "ug"),
    Script.DEVANAGARI: ("mr", "ne", "sa"),
    Script.BENGALI: ("as",),
    Script.HEBREW: ("yi",),
    Script.ETHIOPIC: ("ti",),
}
JUDGED_SCRIPTS = (Script.LATIN, Script.CYRILLIC, Script.ARABIC)
"""Scripts of many languages, which fastText tells apart. Of the others that languages share, it
takes Hindi for Nepali or Marathi every third time: there the script decides."""

_SCRIPTS_OF: dict[str, tuple[Script, ...]] = {
    **{language: (script,) for script, language in MAIN_LANGUAGE.items()},
    **{language: (script,) for script, languages in _SHARED.items() for language in languages},
    "ja": (Script.KANA, Script.HAN),
    "ko": (Script.HANGUL, Script.HAN),
}

# First and last code point, in steps of 16. Blocks of symbols and punctuation are NONE.
_BLOCKS: tuple[tuple[int, int, Script], ...] = (
    (0x00C0, 0x02AF, Script.LATIN),
    (0x0370, 0x03FF, Script.GREEK),
    (0x0400, 0x052F, Script.CYRILLIC),
    (0x0530, 0x058F, Script.ARMENIAN),
    (0x0590, 0x05FF, Script.HEBREW),
    (0x0600, 0x06FF, Script.ARABIC),
    (0x0750, 0x077F, Script.ARABIC),
    (0x0900, 0x097F, Script.DEVANAGARI),
    (0x0980, 0x09FF, Script.BENGALI),
    (0x0A00, 0x0A7F, Script.GURMUKHI),
    (0x0A80, 0x0AFF, Script.GUJARATI),
    (0x0B80, 0x0BFF, Script.TAMIL),
    (0x0C00, 0x0C7F, Script.TELUGU),
    (0x0C80, 0x0CFF, Script.KANNADA),
    (0x0D00, 0x0D7F, Script.MALAYALAM),
    (0x0D80, 0x0DFF, Script.SINHALA),
    (0x0E00, 0x0E7F, Script.THAI),
    (0x0E80, 0x0EFF, Script.LAO),
    (0x1000, 0x109F, Script.MYANMAR),
    (0x10A0, 0x10FF, Script.GEORGIAN),
    (0x1100, 0x11FF, Script.HANGUL),
    (0x1200, 0x139F, Script.ETHIOPIC),
    (0x1780, 0x17FF, Script.KHMER),
    (0x1E00, 0x1EFF, Script.LATIN),
    (0x1F00, 0x1FFF, Script.GREEK),
    (0x3040, 0x30FF, Script.KANA),
    (0x3400, 0x4DBF, Script.HAN),
    (0x4E00, 0x9FFF, Script.HAN),
    (0xAC00, 0xD7AF, Script.HANGUL),
    (0xF900, 0xFAFF, Script.HAN),
    (0xFB50, 0xFDFF, Script.ARABIC),
    (0xFE70, 0xFEFF, Script.ARABIC),
    (0xFF20, 0xFF5F, Script.LATIN),
    (0xFF60, 0xFF9F, Script.KANA),
)

CHARS_PER_WORD: dict[Script, float] = {
    Script.HAN: 1.6,
    Script.KANA: 1.6,
    Script.THAI: 4.0,
    Script.LAO: 4.0,
    Script.KHMER: 4.0,
    Script.MYANMAR: 4.0,
}
"""Scripts without spaces between words, and about how many characters make a word there."""


def scripts_of(language: str) -> tuple[Script, ...]:
    """Returns the scripts that `language` (ISO 639-1) is written in, the telling one first."""
    return _SCRIPTS_OF.get(language, (Script.LATIN,))


def block_table() -> NDArray[np.uint8]:
    """Returns the script of each 16 code points of the basic plane."""
    table = np.zeros(0x10000 >> 4, np.uint8)
    for first, last, script in _BLOCKS:
        table[first >> 4 : (last >> 4) + 1] = script
    return table
