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

import numpy as np
import polars as pl
from numpy.typing import NDArray

from cotfactory_filters.annotate.candidates import Candidate, plain
from cotfactory_filters.utf8 import utf8

I32 = NDArray[np.int32]
Flags = NDArray[np.bool_]

MAX_SENTENCE_CHARS = 600
_MARK = "\0"
_HEAD_CHARS = 16  # of what stands before an equals sign, to tell quantities apart
DOUBT_CHARS = 240  # how far behind a value the sentence that doubts it may reach


class Revision(NamedTuple):
    """A value that was doubted where it was given, and the last one of the same quantity."""

    first: Candidate
    last: Candidate


class Sentences(NamedTuple):
    """A text cut into sentences: sentence k is the characters [starts[k], ends[k]).

    `possible` says of each whether it may give a quantity a value, `near` also whether words that
    may doubt follow.
    """

    text: str
    starts: I32
    ends: I32
    possible: Flags
    near: Flags

    def sentence(self, number: int) -> str:
        """The words of a sentence."""
        return self.text[self.starts[number] : self.ends[number]]


class Statement(NamedTuple):
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
_DOUBT_WORDS = (
    r"wait|hmm+|hold\s+on|oops|mistake|let\s+me\s+(?:double|re-?(?:check|think|consider|do))"
    r"|(?:is|seems|was|looks|sounds)\s+(?:wrong|incorrect|off|odd|strange|too\s+\w+)|is\s+(?:that|this)"
    r"\s+(?:right|correct|possible)|not\s+(?:right|correct|possible)|can(?:'t|not)\s+be|contradict\w*"
    r"|(?:doesn't|does\s+not)\s+(?:match|make\s+sense|satisfy|fit|seem\s+right)"
    r"|Moment|Halt|Warte|stimmt\s+nicht|Fehler|attends|attendez|erreur|pas\s+correct"
    r"|espera|un\s+momento|incorrecto"
)
_DOUBT_CJK = r"等等|等一下|不对|再想想|错了|待って|いや、|間違"
_DOUBT_CYRILLIC = r"подожди\w*|стоп|ошибк\w+|неверно"
_DOUBT = re.compile(rf"\b(?:{_DOUBT_WORDS}|{_DOUBT_CYRILLIC})\b|{_DOUBT_CJK}", re.IGNORECASE)
# Wherever _DOUBT matches, and little more. With boundaries of Unicode, Polars' engine would be
# twenty times slower on texts that are not ASCII.
_MAY_DOUBT = rf"(?i)(?-u:\b)(?:{_DOUBT_WORDS})(?-u:\b)|{_DOUBT_CJK}|{_DOUBT_CYRILLIC}"
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
_FOUND = r"(?:thought|said|got|had|found|calculated|computed|concluded)\s(?:[^.\n]{0,40}?\s)?"
_MISTAKEN = r"[^.\n]{0,40}?"
_WRONG = r"(?:mistake|wrong|incorrect|error|not\s+(?:right|correct))"
_ADMITTED = re.compile(
    rf"\b{_FOUND}(?P<value>{_NUMBER})\b{_MISTAKEN}\b{_WRONG}"
    rf"|以为[^。\n]{{0,20}}?(?P<number>{_NUMBER})[^。\n]{{0,20}}?(?:错|不对)",
    re.IGNORECASE,
)
_MAY_ADMIT = rf"(?i)(?-u:\b){_FOUND}{_NUMBER}(?-u:\b){_MISTAKEN}(?-u:\b){_WRONG}|以为"
_ANY_NUMBER = re.compile(rf"(?<![\w.^_]){_NUMBER}(?![\w^])")
_COUNT_OF = re.compile(
    r".*\b(?:number\s+of|Anzahl\s+der|nombre\s+de|número\s+de)\s+", re.IGNORECASE
)
_NAMELESS = re.compile(r"[\d+*/().,^_-]*")
_QUALIFIED = re.compile(
    r"\b(?:so|thus|therefore|hence|then|now|and|also|finally|donc|daher|así|luego|значит|the|der|die"
    r"|das|la|le|el|total|final|correct|actual|new|overall|all|possible|different|distinct|such)\b"
)


def find_revisions(thoughts: pl.Series) -> list[list[Revision]]:
    """Returns the revisions of each thought, in the order of their first values.

    Of two at one place there is one. Null has none.
    """
    found: list[list[Revision]] = [[] for _ in thoughts]
    doubting = thoughts.str.contains(_MAY_DOUBT).fill_null(value=False).arg_true()
    texts = thoughts.gather(doubting)
    clear = texts.str.replace_all(_MARK, " ", literal=True) if _any_mark(texts) else texts
    marked = clear.str.replace_all(f"(?:{_MAY_DOUBT})", f"{_MARK}$0")
    said = _cut_all(texts, marked)
    held = [
        (row, sentences, doubted)
        for row, sentences in zip(doubting, said, strict=True)
        if (doubted := doubted_in(sentences))
    ]
    texts = pl.Series([sentences.text for _, sentences, _ in held], dtype=pl.String)
    for (row, sentences, doubted), admits in zip(held, texts.str.contains(_MAY_ADMIT), strict=True):
        found[row] = revisions_of(sentences, doubted, admits=admits)
    return found


def _any_mark(texts: pl.Series) -> bool:
    return bool(texts.str.contains(_MARK, literal=True).any())


def _cut_all(texts: pl.Series, marked: pl.Series) -> Iterator[Sentences]:
    """Cuts texts; `marked` are the same with a mark before each word that may doubt."""
    from cotfactory_filters.annotate import sentences_scan  # noqa: PLC0415 - imports numba

    bounds = utf8(marked)
    room = sentences_scan.room(int(np.diff(bounds.offsets).max(initial=0)))
    for text, (start, stop) in zip(texts, pairwise(bounds.offsets.tolist()), strict=True):
        found = sentences_scan.cut(bounds.data[start:stop], room, DOUBT_CHARS)
        yield Sentences(text, *found)


def doubted_in(said: Sentences) -> list[Statement]:
    """Returns what a text states and doubts at once."""
    near = _statements(said, said.near)
    return [statement for statement in near if _doubted(said.text, statement.sentence_end)]


def revisions_of(
    said: Sentences, doubted: Sequence[Statement], *, admits: bool = True
) -> list[Revision]:
    """Returns which doubted statements of a text were revised.

    With `admits` those count, too, that are called a mistake later.
    """
    by_quantity: dict[str, list[Statement]] = {s.quantity: [] for s in doubted}
    for statement in _statements(said, said.possible, frozenset(by_quantity)):
        by_quantity[statement.quantity].append(statement)
    found = [r for same in by_quantity.values() for r in _revised(said.text, same)]
    found += _admitted(said.text, doubted) if admits else ()
    return sorted({revision.first.start: revision for revision in found}.values())


def _admitted(thought: str, doubted: Sequence[Statement]) -> Iterator[Revision]:
    """Values that are called a mistake later: "So it is 73. Earlier I thought it was 234, but …".

    The value that stands just before those words is the one that took its place.
    """
    by_value: dict[str, list[Candidate]] = {}
    for statement in doubted:
        by_value.setdefault(plain(statement.value.text), []).append(statement.value)
    for admitted in _ADMITTED.finditer(thought):
        before = max(0, admitted.start() - DOUBT_CHARS)
        same = by_value.get(plain(admitted["value"] or admitted["number"]), [])
        earlier = bisect_left(same, before, key=lambda value: value.end)
        numbers = list(_ANY_NUMBER.finditer(thought, before, admitted.start()))
        if earlier and numbers:
            last = numbers[-1]
            yield Revision(same[earlier - 1], Candidate(last.start(), last.end(), last[0]))


def _revised(thought: str, same: list[Statement]) -> Iterator[Revision]:
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


def _statements(
    said: Sentences, which: Flags, wanted: frozenset[str] | None = None
) -> Iterator[Statement]:
    """Yields what some sentences state, of all quantities or of those that are wanted."""
    for at in np.flatnonzero(which).tolist():
        text = said.sentence(at)
        if wanted is not None and not _may_be_of(text, wanted):
            continue
        read = _equated(text) or _named(text)
        if not read or (wanted is not None and read[0] not in wanted):
            continue
        if _TRIED.search(text) is None and not _led(said, at):
            quantity, value, start, end = read
            begin, stop = int(said.starts[at]), int(said.ends[at])
            yield Statement(quantity, Candidate(begin + start, begin + end, value), stop)


def _may_be_of(sentence: str, wanted: frozenset[str]) -> bool:
    """Whether a sentence may be of these quantities: by what stands before its equals sign."""
    if not all(quantity.startswith("=") for quantity in wanted):
        return True
    mark = _EQUALS.search(sentence)
    head = sentence[max(0, mark.start() - _HEAD_CHARS) : mark.start()] if mark else ""
    last = plain(head)[-1:].casefold()
    return mark is not None and (not last or any(q.endswith(last) for q in wanted))


def _led(said: Sentences, at: int) -> bool:
    """Whether formulas go on with what an unfinished sentence tries: "If g = 13, then:"."""
    while at > 0 and _WORDS.search(said.sentence(at)) is None:
        at -= 1
        text = said.sentence(at)
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
