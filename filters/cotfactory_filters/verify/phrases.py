"""How a final answer is announced, in several languages."""

import re

_ANNOUNCEMENTS = (
    r"(?:final\s+)?answer\s+(?:is|are|would\s+be|must\s+be)(?:\s+(?:therefore|thus|then))?",
    r"final\s+answer(?:[\s:*]+the\s+(?:final\s+)?answer\s+is)?",
    r"(?:最终)?答案(?:是|为|：|:)|答(?:：|:)|故选(?:：|:)?",
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
# stop inside a number ends nothing; in scripts without case, a letter may follow it at once.
_FORMULA = r"\\\[[^\]]{1,300}\\\]|\$\$[^$]{1,300}\$\$"
_ENDS = r"(?=\.?\s*\*{0,2}\s*(?:\n|\Z)|\.\s+\S|\.(?=[^\x00-\x7f\W\d])|[。।])"
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

_DOUBTS = re.compile(
    r"\b(?:cannot|can't|couldn't|don't|unknown|unclear|maybe|perhaps|possibly|guess|if|unless|try"
    r"|instead|except)\b",
    re.IGNORECASE,
)
_BOUNDS = re.compile(
    r"(?:\b(?:not|never|neither|nor|or|between\s[^.]{1,30}\sand|at\s(?:least|most)|over|under|above"
    r"|below|up\sto|(?:more|less|fewer|greater|smaller|larger)\sthan|(?:could|might|may)\sbe"
    r"|isn't|nicht|mindestens|höchstens|au\s(?:moins|plus)|al\smenos|almeno)\b(?:\s(?:be|equal|the"
    r"|a|an|to))*|不是|至少|至多|或)[\s$*(\\]*\Z",
    re.IGNORECASE,
)

_MENTION = re.compile(
    r"\$\$?[^$]+\$\$?|\\\(.+?\\\)|\\\[.+?\\\]|\\d?frac\{[^{}]+\}\{[^{}]+\}"
    r"|(?<![A-Za-z0-9_^\\{.,])[-−]?(?:\d{1,3}(?:,\d{3})+(?:\.\d+)?|\d{1,3}(?:\.\d{3})+,\d+|\d+,\d+(?![)\]])|\d+(?:\.\d+)?)"
    r"(?:\s?/\s?\d+)?(?:\s?\\?%)?"
    r"(?![A-Za-z0-9_^\\{(!]|[.,]\d)"
)


def mentions(sentence: str) -> list[str]:
    """Returns the formulas and numbers that a sentence mentions, those that hold a digit."""
    found = [match.strip() for match in _MENTION.findall(sentence)]
    return [mention for mention in found if any(char.isdigit() for char in mention)]


def stated(sentence: str) -> str | None:
    """Returns the last formula or number of a sentence, if it states it as a fact.

    "At least 42", "not 42" and "if it were 42" state no answer.
    """
    mention = None
    for mention in _MENTION.finditer(sentence):  # noqa: B007 - the last one is wanted
        pass
    if mention is None or any(char.isdigit() for char in sentence[mention.end() :]):
        return None
    if _DOUBTS.search(sentence) or _BOUNDS.search(sentence[: mention.start()]):
        return None
    return mention[0].strip().strip("$").removeprefix("\\(").removesuffix("\\)").strip()
