"""Compares mathematical answers, cheapest way first."""

import re
from collections.abc import Callable
from typing import Any

from cotfactory_filters.verify import symbolic
from cotfactory_filters.verify.answer import AnswerVerifier, Judgement, Question
from cotfactory_filters.verify.choice import letter
from cotfactory_filters.verify.extract import marked_answer
from cotfactory_filters.verify.formula.balls import is_beyond_computing
from cotfactory_filters.verify.formula.characters import plain_characters
from cotfactory_filters.verify.formula.clock import same_time
from cotfactory_filters.verify.formula.numbers import read_number, same_number
from cotfactory_filters.verify.formula.plain import (
    AMBIGUOUS_POINT,
    DECIMAL_COMMA,
    join_thousands,
)
from cotfactory_filters.verify.formula.readings import any_same, is_broken, readings
from cotfactory_filters.verify.formula.rewrite import has, percents_as_parts
from cotfactory_filters.verify.formula.scalars import Same
from cotfactory_schemas import Problem
from cotfactory_schemas.verdict import Status

_PERCENT = re.compile(
    r"%|percent|per cent|pct|百分|процент|prozent|pour cent|por ciento", re.IGNORECASE
)
_CHOICE = re.compile(
    r"\(?(?:\\text(?:bf|rm)?\s*\{)?\(?([A-J])\)?\}?\)?|\\text(?:bf|rm)?\s*\{\s*\(([A-J])\).*\}"
)
_CHOICE_AND_VALUE = re.compile(r"\\text(?:bf|rm)?\s*\{\s*\(([A-J])\)\s*\}\s*(?:\\ |~)?\s*(\S.*)")
_ELLIPSIS = re.compile(r"\.\.\.|…|\\[lc]?dots")
_WORD = re.compile(r"[^\W\d_]{2,}")
_TEXT_COMMAND = re.compile(r"\\(?:text|textbf|textrm|textit|mathrm|mbox)\s*\{([^{}]*)\}")
_PUNCTUATION = re.compile(r"[\s.,;!?'\"$~]|\\[,;:! ()\[\]]|\*\*")
_ARTICLES = re.compile(r"\b(?:a|an|the)\s")
_COMMAND = re.compile(r"\\(?:text|textbf|textrm|textit|mathrm|mbox|operatorname)\b|[{}$\\]")


class MathVerifier(AnswerVerifier):
    """Correct when the answer is mathematically the reference.

    Ways, in order, each named in `method`: `string` and `rational` (equal as written or as
    numbers), `letter`, `clock`, `formula` (our grammar, compared exactly or in balls), `words`,
    and `symbols` (math-verify) for integrals, sums, products and limits.
    """

    name = "math"
    version = 1

    def prepare(self) -> None:
        """Loads the engines, outside any item's time limit."""
        symbolic.load()

    def hints(self, problem: Problem) -> tuple[Any, ...]:
        """Returns whether the problem asks for a percentage; True when it cannot be told."""
        return (not problem.prompt.strip() or bool(_PERCENT.search(problem.prompt)),)

    def quick(self, question: Question) -> Judgement | None:
        """Decides equal strings and plain numbers."""
        reference = _bare(question.reference)
        shown, given = (_stripped(t, question.language) for t in (reference, question.answer))
        if shown == given:
            return Judgement("correct", "string", reference)
        one, other = read_number(shown), read_number(given)
        if one is None or other is None or _ELLIPSIS.search(reference + question.answer):
            return None
        if same_number(one, other):
            return Judgement("correct", "rational", reference)
        if question.language in DECIMAL_COMMA and AMBIGUOUS_POINT.search(f"{shown} {given}"):
            return None
        return Judgement("incorrect", "rational", reference)

    def judge(self, question: Question) -> Judgement:
        """Compares by meaning."""
        asked = question._replace(reference=_bare(question.reference))
        both = _CHOICE_AND_VALUE.fullmatch(asked.reference.strip(" $."))
        if both:
            by_letter = letter(asked.answer) == both[1]
            asked = asked._replace(reference=both[1] if by_letter else both[2])
        for method, decide in _WAYS.items():
            same = decide(asked)
            if same is not None:
                status: Status = "correct" if same else "incorrect"
                return Judgement(status, method, asked.reference)
        return Judgement("unparsable", "", asked.reference, "an answer that cannot be compared")


def _by_letter(asked: Question) -> bool | None:
    """Compares the letters of a multiple choice."""
    wanted, given = _CHOICE.fullmatch(asked.reference.strip(" $.")), letter(asked.answer)
    return given == (wanted[1] or wanted[2]) if wanted and given else None


def _by_clock(asked: Question) -> bool | None:
    return same_time(asked.reference, asked.answer)


def _by_formula(asked: Question) -> bool | None:
    """Compares what our grammar reads."""
    references = readings(asked.reference, asked.language)
    answers = readings(asked.answer, asked.language)
    if asked.hints == (False,) and not any(has(tree, "percent") for tree in references):
        answers = tuple(percents_as_parts(tree) for tree in answers)
    same = any_same(references, answers)
    return None if same is Same.UNKNOWN else same is Same.YES


def _by_words(asked: Question) -> bool | None:
    """Compares words; words alone are not equal to anything else."""
    wanted, given = _squeezed(asked.reference), _squeezed(asked.answer)
    if _WORD.search(asked.reference) and wanted and wanted == given:
        return True
    return False if is_prose(asked.reference) or is_prose(asked.answer) else None


def _by_symbols(asked: Question) -> bool | None:
    """Asks the symbolic engine about what our grammar cannot read, unless it would only hang.

    It reads what it can of a broken text and leaves the rest, so those are kept from it; and what
    our grammar reads but cannot compare are values too large, or things of different kinds.
    """
    if is_broken(asked.reference, asked.language) or is_broken(asked.answer, asked.language):
        return None
    trees = [readings(text, asked.language) for text in (asked.reference, asked.answer)]
    if all(trees) or any(is_beyond_computing(tree) for tree in (*trees[0], *trees[1])):
        return None
    return symbolic.symbolically_equal(asked.reference, asked.answer)


_WAYS: dict[str, Callable[[Question], bool | None]] = {
    "letter": _by_letter,
    "clock": _by_clock,
    "formula": _by_formula,
    "words": _by_words,
    "symbols": _by_symbols,
}


def is_prose(text: str) -> bool:
    """Whether a text is words only: no digits, no commands but those that set text."""
    return not re.search(r"\d|\\", _COMMAND.sub("", text))


def _squeezed(text: str) -> str:
    """Returns the letters, digits and signs of a text; only blanks and punctuation fall away."""
    plain = _TEXT_COMMAND.sub(r"\1", plain_characters(text)).casefold()
    return _PUNCTUATION.sub("", _ARTICLES.sub(" ", plain))


def _bare(reference: str) -> str:
    """Takes the answer out of a reference that is a whole solution."""
    marked = marked_answer(reference)
    return marked.text if marked else reference


def _stripped(text: str, language: str) -> str:
    bare = join_thousands(plain_characters(text).lstrip(' \n$*"').rstrip(' \n$*".'), language)
    return bare.replace("\\dfrac", "\\frac") if " " in bare else bare
