"""Words are compared, not their dress, unless every character matters."""

import pytest

from answers import problem, trace
from cotfactory_filters.verify import make_verifier


@pytest.mark.parametrize(
    ("reference", "response", "status"),
    [
        ("elephant", "<answer>The Elephant.</answer>", "correct"),
        ("hello world", "Hello,\tworld!", "correct"),
        ("albert einstein", r"\boxed{\text{Albert Einstein}}", "correct"),
        ("２月", "<answer>2月</answer>", "correct"),
        ("+", "<answer>-</answer>", "incorrect"),
        ("world", "hello", "incorrect"),
        ("42", "", "unparsable"),
    ],
)
def test_words_are_compared(reference: str, response: str, status: str) -> None:
    verdict = make_verifier("text").verify(problem(reference, "text"), trace(response))
    assert verdict.status == status


def test_an_exact_comparison_minds_case_and_punctuation() -> None:
    exact = make_verifier("text", {"exact": True})
    assert exact.verify(problem("aB!", "text"), trace("<answer>aB!</answer>")).status == "correct"
    assert exact.verify(problem("aB!", "text"), trace("<answer>ab</answer>")).status == "incorrect"
