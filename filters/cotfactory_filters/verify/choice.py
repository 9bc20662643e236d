"""Compares the letter of a multiple choice."""

import re
import unicodedata
from typing import Any

from cotfactory_filters.verify.answer import AnswerVerifier, Judgement, Question
from cotfactory_filters.verify.extract import Found, Missing, final_answer
from cotfactory_filters.verify.text import words
from cotfactory_schemas import Problem, Trace

_WRAPPING = re.compile(r"\\(?:text|textbf|textit|textrm|mathrm|mathbf|mbox|boxed)\s*\{([^{}]*)\}")
_ENDS = r"(?:\s*\Z|\s*[).:,*]|\s+(?:is|because|since)\b|(?=[^\x00-\x7f]))"  # `A car` is no letter
_LETTER_FIRST = re.compile(
    rf"^[^\w\-−]*(?:(?:[Oo]ption|[Cc]hoice|[Aa]nswer)\s*:?\s*)?\(?([A-Z]){_ENDS}"
)
_LETTER_LAST = re.compile(
    r"(?:answer|option|choice|correct|choose|select|选|选择|答案)\W*(?:is|are|为|是|选)?\W*"
    r"\(?([A-Z])\)?\W*$",
    re.IGNORECASE,
)
_ALONE = re.compile(r"\(([A-Z])\)|\b([B-HJ-Z])\b")


class ChoiceVerifier(AnswerVerifier):
    """Correct when the answer names the reference's letter, or repeats that choice's text.

    `checks.choices` may hold the choices' texts, in the order of the letters; then an answer that
    gives exactly one choice's text counts as its letter.
    """

    name = "choice"
    version = 1

    def found(self, problem: Problem, trace: Trace) -> Found | Missing:  # noqa: ARG002
        """Finds the final answer; the last line may end with the letter."""
        marked = final_answer(trace, guess=False)
        if isinstance(marked, Found) or trace.finish_reason == "length":
            return marked
        lines = trace.response.strip().splitlines()
        return Found(lines[-1].strip(), "last_line") if lines else marked

    def hints(self, problem: Problem) -> tuple[Any, ...]:
        """Returns the choices' texts."""
        choices = problem.checks.get("choices")
        if isinstance(choices, dict):
            choices = [choices[key] for key in sorted(choices)]
        return tuple(str(c) for c in choices) if isinstance(choices, list) else ()

    def quick(self, question: Question) -> Judgement:
        """Decides every question: reading a letter takes microseconds."""
        choices = question.hints
        wanted = letter(question.reference, choices)
        if wanted is None:
            return Judgement("unverifiable", "", detail="the reference names no choice")
        given = letter(question.answer, choices)
        if given is None:
            return Judgement("unparsable", "", wanted, "the answer names no single choice")
        return Judgement("correct" if given == wanted else "incorrect", "letter", wanted)

    def judge(self, question: Question) -> Judgement:
        """Decides, in a worker too."""
        return self.quick(question)


def letter(text: str, choices: tuple[str, ...] = ()) -> str | None:
    """Returns the letter that `text` names, or None when it names none or more than one."""
    plain = _WRAPPING.sub(r"\1", unicodedata.normalize("NFKC", text)).strip(" $*.\n")
    if plain[:1] in ("-", "−"):
        return None
    by_text = [i for i, choice in enumerate(choices) if words(choice) == words(plain)]
    if len(by_text) == 1:
        return chr(ord("A") + by_text[0])
    if len(plain) == 1 and plain.isalpha() and plain.isascii():
        return plain.upper()
    for pattern in (_LETTER_FIRST, _LETTER_LAST):
        named = pattern.search(plain)
        if named:
            return named[1].upper()
    alone = {first or second for first, second in _ALONE.findall(plain)}
    return alone.pop() if len(alone) == 1 else None
