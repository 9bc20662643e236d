r"""Finds quantities that a thought gives one value, doubts at once, and gives another at the end.

"So there are 899 integers that fit. But wait, … In total, the number of integers that fit is 901."
"So x = 5. Hmm, … So it is 7. Earlier I thought it was 5, but that was a mistake."
Most intermediate results are none of a verifier's business: a wrong one is no wrong answer. Those
of a quantity whose last value is the answer are, and only those are looked at here; that the last
value is right, and the one before wrong, is for a verifier to say.
"""

import re
from bisect import bisect_left
from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import NamedTuple

from cotfactory_filters.annotate.candidates import Candidate, plain

MAX_SENTENCE_CHARS = 600
DOUBT_CHARS = 240  # how far behind a value the sentence that doubts it may reach


class Revision(NamedTuple):
    """A value that was doubted where it was given, and the last one of the same quantity."""

    first: Candidate
    last: Candidate


class _Statement(NamedTuple):
    """A quantity, by its name without layout, and its value at [start, end) of the thought."""

    quantity: str
    value: Candidate
    sentence_end: int


_SENTENCE = re.compile(r"[^\n.!?。！？]+(?:[.!?](?!\s)[^\n.!?。！？]*)*[.!?。！？]?")
# What is tried, or remembered, is not claimed.
_TRIED = re.compile(
    r"\b(?:if|suppos\w+|assum\w+|say|try(?:ing)?|consider|example|instance|when|unless|case|would|earlier"
    r"|let(?!\s+(?:me|us)\b|['’])|wenn|falls|angenommen|beispiel|probier\w*|si|supposons|exemple"
    r"|supongamos|ejemplo|cuando|если|пусть|например|допустим)\b|如果|假设|若|设|例如|もし|仮に|例えば",
    re.IGNORECASE,
)
_WORDS = re.compile(r"(?<!\\)\b[^\W\d_]{3,}\b.*(?<!\\)\b[^\W\d_]{3,}\b|[\u4e00-\u9fff]{2}")
_DOUBT = re.compile(
    r"\b(?:wait|hmm+|hold\s+on|oops|mistake|let\s+me\s+(?:double|re-?(?:check|think|consider|do))"
    r"|(?:is|seems|was|looks|sounds)\s+(?:wrong|incorrect|off|odd|strange|too\s+\w+)|is\s+(?:that|this)"
    r"\s+(?:right|correct|possible)|not\s+(?:right|correct|possible)|can(?:'t|not)\s+be|contradict\w*"
    r"|(?:doesn't|does\s+not)\s+(?:match|make\s+sense|satisfy|fit|seem\s+right))\b"
    r"|等等|等一下|不对|再想想|错了"
    r"|\b(?:Moment|Halt|Warte|stimmt\s+nicht|Fehler)\b|\b(?:attends|attendez|erreur|pas\s+correct)\b"
    r"|\b(?:espera|un\s+momento|incorrecto)\b|待って|いや、|間違"
    r"|\b(?:подожди\w*|стоп|ошибк\w+|неверно)\b",
    re.IGNORECASE,
)
_DIGIT = re.compile(r"\d")  # every value has one
_NUMBER = r"[-−+]?\$?\d(?:[\d,]*\d)?(?:\.\d+)?(?:\s*/\s*\d+)?"
_VALUE = (
    rf"(?:\\\(|\$|\*\*)?\s*(?P<value>{_NUMBER}|\\[dt]?frac\s*(?:\{{\d+\}}|\d)\s*(?:\{{\d+\}}|\d))\s*"
    r"(?:\\%|%|°)?\s*(?:\\\)|\$|\*\*)?"
)
_EQUALS = re.compile(r"(?<![<>!≤≥≠:=\\])=(?![=>])")
_PROSE = re.compile(r"[,;:，]|(?<![\\{])\b[a-z]{3,}\b")
_EQUATED = re.compile(rf"\s*{_VALUE}\s*(?:[a-z]+\s*)?(?:\\\])?[.,;!。，]?\s*")
# Words and marks that lead to an equation; what is left is its quantity.
_LEAD = re.compile(
    r".*(?:[,:;：，]|\b(?:so|thus|therefore|hence|then|now|and|that|means|get|have|gives?|giving|is"
    r"|implies|find|finally|also|donc|also|daher|así|luego|значит)\b|\\implies|\\Rightarrow|=>|⇒|→"
    r"|所以|因此|那么|したがって|よって)\s*",
    re.IGNORECASE,
)
_COUNTED = re.compile(
    r"\b(?:there\s+(?:are|is|will\s+be|must\s+be|should\s+be)|es\s+gibt|il\s+y\s+a|hay)\s+"
    rf"(?:(?:only|exactly|just|in\s+total|a\s+total\s+of|genau|nur|exactamente|exactement)\s+)*{_VALUE}"
    r"\s+(?P<things>[^\d\s.,;:!?][^\d.,;:!?]{2,80})",
    re.IGNORECASE,
)
_IS = re.compile(
    r"(?:^|[,，]|\bthat\b|所以|因此|したがって|よって)\s*"
    r"(?P<quantity>[^\d\s.,;:!?=，。][^\d.,;:!?=，。]{1,80}?)\s*"
    r"(?:\b(?:is|are|equals|becomes|(?:must|should)\s+be|comes\s+to|ist|beträgt|est|vaut|es|равн[аоы]?"
    rf"|составляет)\s+|(?:是|为|等于|は)\s*)(?:only\s+|just\s+)?{_VALUE}\s*"
    r"(?:units?|degrees|ways|です|になる|となる|である|个)?\s*[.,;!。，]?\s*$",
    re.IGNORECASE,
)
_VALUE_ENDS = (
    *"0123456789})$*%°]", "unit", "units", "degrees", "ways",
    "です", "になる", "となる", "である", "个",
)  # fmt: skip
_LONGEST_END = max(map(len, _VALUE_ENDS))
_COUNTING = (
    "here",
    "HERE",
    "gibt",
    "GIBT",
    "y a",
    "Y A",
    "ay",
    "AY",
)  # parts of what opens _COUNTED
_ADMITTED = re.compile(
    rf"\b(?:thought|said|got|had|found|calculated|computed|concluded)\s(?:[^.\n]{{0,40}}?\s)?(?P<value>{_NUMBER})"
    r"\b[^.\n]{0,40}?\b(?:mistake|wrong|incorrect|error|not\s+(?:right|correct))"
    rf"|以为[^。\n]{{0,20}}?(?P<number>{_NUMBER})[^。\n]{{0,20}}?(?:错|不对)",
    re.IGNORECASE,
)
_ANY_NUMBER = re.compile(rf"(?<![\w.^_]){_NUMBER}(?![\w^])")
_COUNT_OF = re.compile(
    r".*\b(?:number\s+of|Anzahl\s+der|nombre\s+de|número\s+de)\s+", re.IGNORECASE
)
_NAMELESS = re.compile(r"[\d+*/().,^_-]*")
_QUALIFIED = re.compile(
    r"\b(?:so|thus|therefore|hence|then|now|and|also|finally|donc|daher|así|luego|значит|the|der|die"
    r"|das|la|le|el|total|final|correct|actual|new|overall|all|possible|different|distinct|such)\b"
)


def find_revisions(thought: str) -> list[Revision]:
    """Returns the revisions in the order of their first values; of two at one place, one."""
    statements = list(_statements(thought))
    if not any(_doubted(thought, statement.sentence_end) for statement in statements):
        return []
    by_quantity: dict[str, list[_Statement]] = {}
    for statement in statements:
        by_quantity.setdefault(statement.quantity, []).append(statement)
    found = [r for same in by_quantity.values() for r in _revised(thought, same)]
    found += _admitted(thought, statements)
    return sorted({revision.first.start: revision for revision in found}.values())


def _admitted(thought: str, statements: list[_Statement]) -> Iterator[Revision]:
    """Values that are called a mistake later: "So it is 73. Earlier I thought it was 234, but …".

    The value that stands just before those words is the one that took its place.
    """
    admissions = list(_ADMITTED.finditer(thought))
    doubted: dict[str, list[Candidate]] = {}
    for statement in statements if admissions else ():
        if _doubted(thought, statement.sentence_end):
            doubted.setdefault(plain(statement.value.text), []).append(statement.value)
    for admitted in admissions:
        before = max(0, admitted.start() - DOUBT_CHARS)
        same = doubted.get(plain(admitted["value"] or admitted["number"]), [])
        earlier = bisect_left(same, before, key=lambda value: value.end)
        numbers = list(_ANY_NUMBER.finditer(thought, before, admitted.start()))
        if earlier and numbers:
            last = numbers[-1]
            yield Revision(same[earlier - 1], Candidate(last.start(), last.end(), last[0]))


def _revised(thought: str, same: list[_Statement]) -> Iterator[Revision]:
    """The values of one quantity that were doubted before its last value was ever given."""
    last = same[-1].value
    for here, following in pairwise(same):
        if plain(here.value.text) == plain(last.text):
            return
        if here.value.text != following.value.text and _doubted(thought, here.sentence_end):
            yield Revision(here.value, last)


def _doubted(thought: str, at: int) -> bool:
    """Whether the sentence behind `at`, or the one behind that, doubts what was said."""
    nearby = thought[at : at + DOUBT_CHARS]
    ends = [m.end() for m in _SENTENCE.finditer(nearby) if len(m[0].strip()) > 2]  # noqa: PLR2004 - more than `\]`
    return bool(ends) and _DOUBT.search(nearby, 0, ends[min(1, len(ends) - 1)]) is not None


def _statements(thought: str) -> Iterator[_Statement]:
    sentences = list(_SENTENCE.finditer(thought))
    for at, sentence in enumerate(sentences):
        text = sentence[0]
        stated = len(text) <= MAX_SENTENCE_CHARS and _DIGIT.search(text)
        said = (_equated(text) or _named(text)) if stated else None
        if said and not _tries(text) and not _led(sentences, at):
            quantity, value, start, end = said
            begin = sentence.start()
            yield _Statement(quantity, Candidate(begin + start, begin + end, value), sentence.end())


def _led(sentences: Sequence[re.Match[str]], at: int) -> bool:
    """Whether formulas go on with what an unfinished sentence tries: "If g = 13, then:"."""
    while at > 0 and _WORDS.search(sentences[at][0]) is None:
        at -= 1
        text = sentences[at][0]
        if text.rstrip().endswith((":", "：", ",", "，")) and _tries(text):
            return True
    return False


def _tries(sentence: str) -> bool:
    return len(sentence) > MAX_SENTENCE_CHARS or _TRIED.search(sentence) is not None


def _equated(sentence: str) -> tuple[str, str, int, int] | None:
    """Reads `x + y = 3 + 4 = 7` as what x + y is; not a list of several equations."""
    marks = list(_EQUALS.finditer(sentence)) if "=" in sentence else []
    value = _EQUATED.fullmatch(sentence, marks[-1].end()) if marks else None
    if value is None:
        return None
    between = [sentence[a.end() : b.start()] for a, b in pairwise(marks)]
    if any(_PROSE.search(part) for part in between):
        return None
    head = sentence[: marks[0].start()]
    lead = _LEAD.match(head)
    quantity = plain(head[lead.end() if lead else 0 :]).casefold()
    if not quantity or _NAMELESS.fullmatch(quantity):
        return None
    return f"={quantity}", value["value"], value.start("value"), value.end("value")


def _named(sentence: str) -> tuple[str, str, int, int] | None:
    """Reads "there are 7 sets" and "the number of sets is 7" as the same quantity."""
    counts = any(word in sentence for word in _COUNTING)
    if counts and (counted := _COUNTED.search(sentence)):
        quantity = f"#{_name(counted['things'])}"
        return quantity, counted["value"], counted.start("value"), counted.end("value")
    if _ends_in_value(sentence) and (found := _IS.search(sentence)):
        of = _COUNT_OF.match(found["quantity"])
        quantity = f"#{_name(found['quantity'][of.end() :])}" if of else _name(found["quantity"])
        return quantity, found["value"], found.start("value"), found.end("value")
    return None


def _ends_in_value(sentence: str) -> bool:
    """Whether _IS can match: it is slow, and few sentences end in a value."""
    end = sentence.rstrip().rstrip(".,;!。，").rstrip()[-_LONGEST_END:].lower()
    return end.endswith(_VALUE_ENDS)


def _name(words: str) -> str:
    return plain(_QUALIFIED.sub("", words.casefold()))
