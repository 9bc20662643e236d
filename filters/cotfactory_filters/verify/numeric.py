"""Compares numbers within a tolerance."""

import math
from fractions import Fraction
from typing import Any

from pydantic import Field

from cotfactory_filters.verify.answer import AnswerVerifier, Judgement, Question
from cotfactory_filters.verify.formula.numbers import Number
from cotfactory_filters.verify.formula.plain import plain_number
from cotfactory_schemas import Problem, Settings


class NumericSettings(Settings):
    """How far an answer may be from the reference; the wider of the two counts."""

    relative_tolerance: float = Field(default=0.0, ge=0)
    absolute_tolerance: float = Field(default=0.0, ge=0)


class NumericVerifier(AnswerVerifier):
    """Correct when the answer is a number within a tolerance of the reference.

    `checks.relative_tolerance` and `checks.absolute_tolerance` of a problem go before the
    settings. Units, currency and percent signs do not count.
    """

    name = "numeric"
    version = 1
    settings_model = NumericSettings
    settings: NumericSettings

    def hints(self, problem: Problem) -> tuple[Any, ...]:
        """Returns the tolerances, relative and absolute, as texts."""
        relative = problem.checks.get("relative_tolerance", self.settings.relative_tolerance)
        absolute = problem.checks.get("absolute_tolerance", self.settings.absolute_tolerance)
        return (_tolerance(relative), _tolerance(absolute))

    def quick(self, question: Question) -> Judgement:
        """Decides every question: comparing numbers takes microseconds."""
        wanted = plain_number(question.reference, question.language)
        if wanted is None:
            return Judgement("unverifiable", "", detail="the reference is not a number")
        given = plain_number(question.answer, question.language)
        if given is None:
            return Judgement("unparsable", "", question.reference, "the answer is not a number")
        same = _near(wanted, given, *map(Fraction, question.hints))
        return Judgement("correct" if same else "incorrect", "tolerance", question.reference)

    def judge(self, question: Question) -> Judgement:
        """Decides, in a worker too."""
        return self.quick(question)


def _tolerance(value: object) -> str:
    if isinstance(value, int | float) and 0 <= value < math.inf:
        return str(value)
    raise ValueError(f"checks: a tolerance of {value!r} is no number of at least 0")


def _near(wanted: Number, given: Number, relative: Fraction, absolute: Fraction) -> bool:
    allowed = max(absolute, relative * abs(wanted.value))
    return abs(wanted.value - given.value) <= allowed
