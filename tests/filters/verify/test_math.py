"""Mathematical answers are compared by meaning."""

from typing import Any

import pytest

from answers import problem, trace
from cotfactory_filters.verify.base import NoSettings
from cotfactory_filters.verify.math import MathVerifier


def status(reference: str, answer: str, **fields: Any) -> str:
    asked = problem(reference, **fields)
    return MathVerifier(NoSettings()).verify(asked, trace(f"<answer>{answer}</answer>")).status


@pytest.mark.parametrize(
    ("reference", "answer"),
    [("1/2", "0.5"), ("1/2", r"$\frac12$"), ("073", "73"), ("-3", "−3"), ("7", "７")],
)
def test_equal_numbers_are_equal_however_written(reference: str, answer: str) -> None:
    assert status(reference, answer) == "correct"
