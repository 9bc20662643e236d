"""Numbers are compared within a stated tolerance."""

import pytest

from answers import problem, trace
from cotfactory_filters.verify import make_verifier


@pytest.mark.parametrize(
    ("answer", "status"),
    [
        ("3.14 m", "correct"),
        ("3.15", "correct"),
        (r"\$3.1", "incorrect"),
        ("3,140", "incorrect"),
        ("314%", "incorrect"),
        ("pi", "unparsable"),
    ],
)
def test_a_number_is_correct_within_the_tolerance(answer: str, status: str) -> None:
    verifier = make_verifier("numeric", {"relative_tolerance": 0.005})
    verdict = verifier.verify(problem("3.14", "numeric"), trace(f"<answer>{answer}</answer>"))
    assert verdict.status == status


def test_a_problems_own_tolerance_goes_before_the_settings() -> None:
    asked = problem("100", "numeric", checks={"absolute_tolerance": 5})
    assert make_verifier("numeric").verify(asked, trace(r"\boxed{104}")).status == "correct"


def test_a_language_decides_what_a_comma_is() -> None:
    verifier = make_verifier("numeric")
    german = problem("3.5", "numeric", language="de")
    assert verifier.verify(german, trace("Die Antwort lautet 3,5.")).status == "correct"
    english = problem("1234", "numeric")
    assert verifier.verify(english, trace("The answer is 1,234.")).status == "correct"


def test_a_reference_that_is_no_number_is_unverifiable() -> None:
    verdict = make_verifier("numeric").verify(problem("many", "numeric"), trace("4"))
    assert verdict.status == "unverifiable"


def test_a_wrong_setting_is_named() -> None:
    with pytest.raises(ValueError, match=r"verify\.verifiers\.numeric\.relative_tolerance"):
        make_verifier("numeric", {"relative_tolerance": -1})
