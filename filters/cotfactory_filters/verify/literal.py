"""Compares answers that are Python values: what a program prints, returns or prints out."""

import json
import re
from typing import Any, ClassVar

from cotfactory_filters.verify.answer import AnswerVerifier, Judgement, Question
from cotfactory_filters.verify.extract import Found, Missing, final_answer
from cotfactory_filters.verify.python_source import UnreadableError, literal
from cotfactory_schemas import Problem, Settings, Trace

_JSON_KEY = re.compile(r'"(?:final[_ ])?answer"\s*:\s*')
_FENCED = re.compile(r"\A`{1,3}(?:python\n|\n)?(.*?)\n?`{1,3}\Z", re.DOTALL)
_ASSERTED = re.compile(r"\Aassert\b.*?==\s*(.*)\Z", re.DOTALL)


class LiteralSettings(Settings):
    """`bare_strings` accepts the text of a string without its quotes, which JSON takes away."""

    bare_strings: bool = True


class LiteralVerifier(AnswerVerifier):
    """Correct when the answer is the same Python value as the reference: `{"a":1}` is `{'a': 1}`.

    As in Python, 1, 1.0 and True are equal, a list and a tuple are not. Suits the prediction of
    outputs (CRUXEval). Only literals are read; nothing is evaluated.
    """

    name: ClassVar[str] = "literal"
    version: ClassVar[int] = 1
    settings_model: ClassVar[type[Settings]] = LiteralSettings
    settings: LiteralSettings

    def found(self, problem: Problem, trace: Trace) -> Found | Missing:  # noqa: ARG002
        """Finds the answer; in JSON, with the escapes and the structure that it has there."""
        return _json_answer(trace.response) or final_answer(trace)

    def judge(self, question: Question) -> Judgement:
        """Reads both as literals."""
        try:
            expected = literal(question.reference)
        except UnreadableError:
            return Judgement("unverifiable", "", detail="the reference is no Python literal")
        answer = _bare(question.answer)
        reference = repr(expected)
        try:
            same, method = _same(literal(answer), expected), "literal"
        except UnreadableError:
            if not (self.settings.bare_strings and isinstance(expected, str)):
                return Judgement("unparsable", "", reference, "the answer is no Python literal")
            same, method = answer == expected, "bare_string"
        return Judgement("correct" if same else "incorrect", method, reference)


def _same(given: Any, expected: Any) -> bool:  # noqa: ANN401 - any literals
    try:
        return bool(given == expected)
    except RecursionError:
        return False


def _bare(answer: str) -> str:
    """Takes an answer out of code marks, and the right side out of an assert."""
    text = answer.strip()
    for around in (_FENCED, _ASSERTED):
        inner = around.match(text)
        text = inner[1].strip() if inner else text
    return text


def _json_answer(response: str) -> Found | None:
    keys = list(_JSON_KEY.finditer(response))
    if not keys:
        return None
    try:
        value, _end = json.JSONDecoder(strict=False).raw_decode(response, keys[-1].end())
    except (ValueError, RecursionError):
        return None
    return Found(value if isinstance(value, str) else repr(value), "json")
