"""Finds the words with which a thought turns back on itself."""

import re
from collections.abc import Iterable

import polars as pl

_CUE = (
    r"\b(?:wait|hold\s+on|hmm+|oops|actually|alternatively|however|on\s+second\s+thought"
    r"|but\s+(?:wait|that|this|the\s+problem|let\s+me|if)"
    r"|let\s+me\s+(?:re-?\w+|double|check|verify|see\s+if|try\s+again|reconsider)"
    r"|let's\s+(?:re-?\w+|double|check|verify)"
    r"|mistake|(?:is|seems|was|looks)\s+(?:wrong|incorrect|off)|not\s+(?:right|correct|possible)"
    r"|(?:doesn't|does\s+not|can't|cannot)\s+(?:make\s+sense|match|work|satisfy|be\s+right|fit)"
    r"|contradict\w*)\b"
    r"|等等|等一下|不对|不，|重新|检查一下|再想想|错了|然而"
    r"|\b(?:Moment|Halt|Warte|stimmt\s+nicht|Fehler|noch\s*mal|überprüf\w*)\b"
    r"|\b(?:attends|attendez|erreur|vérifi\w+|pas\s+correct|en\s+fait)\b"
    r"|\b(?:espera|un\s+momento|incorrecto|revis\w+|verifi\w+|en\s+realidad)\b"
    r"|待って|いや、|間違|確認し|もう一度|しかし"
    r"|\b(?:подожди\w*|стоп|ошибк\w+|неверно|провер\w+|на\s+самом\s+деле)\b"
)
CUE = re.compile(_CUE, re.IGNORECASE)
"""Words that open a reflection, where a wrong answer comes before and a right one after."""


def count_cues(thoughts: Iterable[str | None]) -> list[int]:
    """Returns how many words of each thought open a reflection; null has none."""
    # Polars compiles the same pattern to an automaton, which is ten times as fast as CUE.
    texts = pl.Series(thoughts, dtype=pl.String).fill_null("")
    return texts.str.count_matches(f"(?i){_CUE}").to_list()
