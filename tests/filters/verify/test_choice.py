"""A choice is known by its letter, or by its text when the choices are given."""

import pytest

from answers import problem, trace
from cotfactory_filters.verify import make_verifier
from cotfactory_filters.verify.choice import letter


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("B", "B"),
        ("b", "B"),
        ("(C)", "C"),
        (r"\text{(C) Plane}", "C"),
        (r"\textbf{D}", "D"),
        ("E. 12 km", "E"),
        ("B不是 A", "B"),
        ("Thinking about it I think the correct answer is C", "C"),
        ("option (D)", "D"),
        ("A car is faster", None),
        ("either B or C", None),
        ("Blue", None),
        ("", None),
    ],
)
def test_a_letter_is_read_or_nothing(text: str, expected: str | None) -> None:
    assert letter(text) == expected


def test_a_choices_text_counts_as_its_letter() -> None:
    assert letter("the red fox", ("A blue fox", "A red fox")) == "B"
    assert letter("a fox", ("A blue fox", "A red fox")) is None


@pytest.mark.parametrize(
    ("response", "status"),
    [
        ("The answer is (B).", "correct"),
        (r"\boxed{\text{B}}", "correct"),
        ("We exclude A.\nSo it must be B", "correct"),
        ("The answer is (A).", "incorrect"),
        ("It depends.", "unparsable"),
    ],
)
def test_a_choice_is_judged_by_its_letter(response: str, status: str) -> None:
    verdict = make_verifier("choice").verify(problem("B", "choice"), trace(response))
    assert verdict.status == status
