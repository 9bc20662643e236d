"""How a final answer is announced, in several languages."""

import re

_ANNOUNCEMENTS = (
    r"(?:final\s+)?answer\s+(?:is|are|would\s+be|must\s+be)(?:\s+(?:therefore|thus|then))?",
    r"final\s+answer(?:[\s:*]+the\s+(?:final\s+)?answer\s+is)?",
    r"(?:最终)?答案(?:是|为|：|:)|答(?:：|:)",
    r"(?:最終的な)?答え(?:は|：|:)",
    r"(?:최종\s*)?(?:정답|답)(?:은|:)",
    r"(?:respuesta|risposta)(?:\s+(?:finale?|correcta|corretta))?\s+(?:es|è)",
    r"réponse(?:\s+(?:finale|correcte))?\s+est(?:\s+donc)?",
    r"resposta(?:\s+(?:final|correta))?\s+é",
    r"(?:endgültige\s+)?antwort\s+(?:ist|lautet)",
    r"(?:окончательный\s+)?ответ\s*:",
    r"(?:الجواب|الإجابة)(?:\s+النهائية|\s+النهائي)?\s+(?:هو|هي)",
    r"(?:अंतिम\s+)?उत्तर(?:\s+है|\s*:)",
    r"উত্তর(?:\s+হল|\s*:)",
    r"సమాధానం(?:\s*:)?",
    r"คำตอบ(?:คือ|\s*:)",
    r"jibu\s+(?:ni|la\s+mwisho\s+ni)",
)

# A formula in display style, or what follows up to the end of the line or the sentence; a full
# stop inside a number ends nothing.
_FORMULA = r"\\\[[^\]]{1,300}\\\]|\$\$[^$]{1,300}\$\$"
_ENDS = r"(?=\.?\s*\*{0,2}\s*(?:\n|\Z)|\.\s+\S|。)"
_ANSWER = rf"[\s:：*]*(?P<answer>{_FORMULA}|[^\n]+?){_ENDS}"

PHRASE = re.compile(rf"(?:{'|'.join(_ANNOUNCEMENTS)}){_ANSWER}", re.IGNORECASE)
"""`The answer is 42.`, `答案：42`: the group `answer` holds what follows."""

LABEL = re.compile(
    rf"^[\s*#>-]*(?:A|Answer|Antwort|Respuesta|Réponse|Resposta|Risposta|Jibu)\*{{0,2}}\s*:{_ANSWER}",
    re.IGNORECASE | re.MULTILINE,
)
"""`A: 42` at the start of a line."""

PROSE_WORD = re.compile(r"(?<![\\A-Za-z])[^\W\d_]{2,}")
"""A word that is no LaTeX command."""

HEDGE = re.compile(
    r"\b(?:not|never|no|neither|nor|or|between|at (?:least|most)|(?:more|less|fewer|greater|smaller"
    r"|larger) than|over|under|above|below|up to|cannot|can't|couldn't|isn't|don't|unknown|unclear"
    r"|could|might|may|maybe|perhaps|possibly|guess|if|unless|but|try|instead|except"
    r"|mindestens|höchstens|nicht|au moins|au plus|al menos|como máximo|almeno)\b"
    r"|不是|至少|至多|大约|或",
    re.IGNORECASE,
)
"""What makes a sentence something else than the statement of an answer."""

_MENTION = re.compile(
    r"\$\$?[^$]+\$\$?|\\\(.+?\\\)|\\\[.+?\\\]|\\d?frac\{[^{}]+\}\{[^{}]+\}"
    r"|(?<![A-Za-z0-9_^\\{.,])[-−]?(?:\d{1,3}(?:,\d{3})+|\d+)(?:\.\d+)?(?:\s?/\s?\d+)?(?:\s?\\?%)?"
    r"(?![A-Za-z0-9_^\\{(!]|[.,]\d)"
)


def mentions(sentence: str) -> list[str]:
    """Returns the formulas and numbers that a sentence mentions, those that hold a digit."""
    found = [match.strip() for match in _MENTION.findall(sentence)]
    return [mention for mention in found if any(char.isdigit() for char in mention)]


def last_mention(sentence: str) -> str | None:
    """Returns the last formula or number of a sentence; None when digits follow it."""
    last = None
    for last in _MENTION.finditer(sentence):  # noqa: B007 - the last one is wanted
        pass
    if last is None or any(char.isdigit() for char in sentence[last.end() :]):
        return None
    return last[0].strip().strip("$").removeprefix("\\(").removesuffix("\\)").strip()
