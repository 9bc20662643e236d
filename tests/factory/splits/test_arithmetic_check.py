from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cotfactory.splits.arithmetic import first_false_equation


@pytest.mark.parametrize(
    ("text", "truth"),
    [
        ("so 16 - 3 = 12 eggs", "13"),
        ("so 16 - 3 = 12, which is a dozen", "13"),
        ("cost: $5 * 3 = $16.", "15"),
        (r"\( 4 \times 3 = 13 \)", "12"),
        ("2 + 3 * 4 = 20", "14"),
        ("f(2) = 3 · 4 = 13", "12"),
        ("1,000 - 1 = 998", "999"),
        ("<<10/4=3.5>>", "2.5"),
        ("-3 - -4 = 2", "1"),
        ("1 / 3 + 1 / 3 = 1.5", "2/3"),
    ],
)
def test_a_false_equation_is_found_with_its_true_value(text: str, truth: str) -> None:
    found = first_false_equation(text)
    assert found is not None
    assert found.truth == truth
    assert text[found.start : found.end].startswith(found.left[:1])


@pytest.mark.parametrize(
    "text",
    [
        "16 - 3 = 13",
        "2 / 3 = 0.67",
        "2 / 3 = 0.66",
        "80 / 3 = 26.666666666666668",
        "10 / 3 = 3",
        "x + 3 + 4 = 8",
        "3 + 4 = 8x",
        "3 + 4 = 8 - 1",
        "7 + 8 = 3 (mod 12)",
        "7 + 8 = 3, working mod 12",
        "2^3 - 1 = 3",
        "1 + 1 = 10 in base 2",
        "(3 + 4) * 2 + 1 = 3",
        "is 2 + 2 = 5?",
        "1,5 + 1 = 7",
        "2 + 1,5 = 3,7",
        "4 / 0 = 3",
        "40 + 20%\n* 3 = 7",
        "2 + 2 = 5!",
        "40 + 2 = 42 + 8 = 50 + 1 = 51",
    ],
)
def test_what_may_be_meant_otherwise_is_not_called_false(text: str) -> None:
    assert first_false_equation(text) is None


NUMBER = st.decimals(min_value=-999, max_value=999, places=2)


@given(a=NUMBER, b=NUMBER, operator=st.sampled_from("+-*"))
def test_a_true_equation_is_never_called_false(a: object, b: object, operator: str) -> None:
    left, right = Fraction(str(a)), Fraction(str(b))
    value = {"+": left + right, "-": left - right, "*": left * right}[operator]
    text = f"{a} {operator} {b} = {float(value):.4f}"
    assert first_false_equation(text) is None
