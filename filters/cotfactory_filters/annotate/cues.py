"""Finds the words with which a thought turns back on itself."""

import re
from collections.abc import Iterable

import polars as pl

_WORDS = (
    r"wait|hold\s+on|hmm+|oops|actually|alternatively|however|on\s+second\s+thought"
    r"|but\s+(?:wait|that|this|the\s+problem|let\s+me|if)"
    r"|let\s+me\s+(?:re-?\w+|double|check|verify|see\s+if|try\s+again|reconsider)"
    r"|let's\s+(?:re-?\w+|double|check|verify)"
    r"|mistake|(?:is|seems|was|looks)\s+(?:wrong|incorrect|off)|not\s+(?:right|correct|possible)"
    r"|(?:doesn't|does\s+not|can't|cannot)\s+(?:make\s+sense|match|work|satisfy|be\s+right|fit)"
    r"|contradict\w*"
    r"|Moment|Halt|Warte|stimmt\s+nicht|Fehler|noch\s*mal"
    r"|attends|attendez|erreur|vérifi\w+|pas\s+correct|en\s+fait"
    r"|espera|un\s+momento|incorrecto|revis\w+|verifi\w+|en\s+realidad"
)
_BEYOND_ASCII = r"überprüf\w*|подожди\w*|стоп|ошибк\w+|неверно|провер\w+|на\s+самом\s+деле"
_CJK = (
    r"等等|等一下|不对|不，|重新|检查一下|再想想|错了|然而"
    r"|待って|いや、|間違|確認し|もう一度|しかし"
)
CUE = re.compile(rf"\b(?:{_WORDS}|{_BEYOND_ASCII})\b|{_CJK}", re.IGNORECASE)
"""Words that open a reflection, where a wrong answer comes before and a right one after."""
# The same to Polars. Boundaries of Unicode would make its engine twenty times slower on texts that
# are not ASCII; those of ASCII do for words that begin and end with it.
_COUNTED = rf"(?i)(?-u:\b)(?:{_WORDS})(?-u:\b)|{_CJK}|(?:^|[^\p{{L}}\p{{N}}_])(?:{_BEYOND_ASCII})"


def count_cues(thoughts: Iterable[str | None]) -> list[int]:
    """Returns how many words of each thought open a reflection; null has none."""
    texts = pl.Series(thoughts, dtype=pl.String).fill_null("")
    return texts.str.count_matches(_COUNTED).to_list()
