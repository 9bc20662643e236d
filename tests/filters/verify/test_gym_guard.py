"""The guard before reasoning-gym's scorers."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cotfactory_filters.verify.gym_guard import objection, scorable


@pytest.mark.parametrize(
    "answer",
    [
        "10*X**10 + 10*X**9 + C",
        "-(3/4)*cos(18*x - 12) + C",
        "4*(8 - 4*x)**(3/2)/3 + C",
        "2*x**3*sin(x) - 12*cos(x)",
        "(x**2)**(1/2)",
    ],
)
def test_ordinary_antiderivatives_pass(answer: str) -> None:
    assert scorable("simple_integration", answer) == answer


@pytest.mark.parametrize(
    "answer",
    [
        "9**9**9",
        "9**(9**9)",
        "((2**100)**100)**100",
        "2**(50*50)",
        "10**1000",
        "factorial(10**8)",
        "Integral(x**2, x)",
        "x.__class__",
        "S('__import__')",
        "S",
        "[x for x in 'a']",
        "lambda: 1",
        "x if x else x",
        "sin(*x)",
        "sin(x, evaluate=0)",
        "'x'",
        "True",
        "1j",
        "\N{MATHEMATICAL ITALIC SMALL X} + 1",
        "(" * 500 + "1" + ")" * 500,
        "-" * 1_999 + "1",
        "x+" * 5_000 + "1",
        "",
    ],
)
def test_what_executes_or_grows_without_end_does_not_pass(answer: str) -> None:
    assert scorable("intermediate_integration", answer) is None


def test_arithmetic_games_take_no_names() -> None:
    assert scorable("countdown", "7*(60 - 50) / 2") == "7*(60 - 50) / 2"
    assert scorable("countdown", "x + 1") is None
    assert scorable("puzzle24", "exp(3)") is None


@pytest.mark.parametrize("answer", ["_ Q _\nQ _ _", "ABCDE", "[[0, 1], [1, 0]]", "['A', 'B']"])
def test_grids_pass_as_words_or_as_a_literal(answer: str) -> None:
    assert scorable("n_queens", answer) == answer


@pytest.mark.parametrize("answer", ["exit()", "[[0]*10**9]", "[0]*9", "().x", "{**{}, 'a': print}"])
def test_grids_that_would_be_computed_do_not_pass(answer: str) -> None:
    assert scorable("spiral_matrix", answer) is None


def test_fractions_of_a_billion_digits_do_not_pass() -> None:
    assert scorable("coin_flip", "3/8") == "3/8"
    assert scorable("coin_flip", "1e999999999") is None


@given(st.text(max_size=60))
def test_scorers_that_only_compare_get_the_answer_as_it_is(answer: str) -> None:
    assert scorable("caesar_cipher", answer) == answer


@pytest.mark.parametrize(
    ("answer", "says"),
    [
        ("(7 + 5) * (6 - 4)", ""),
        ("7 + 5 + 6 + 4", "is 22, not 24"),
        ("7 * 5 - 6", "other numbers"),
        ("6 * 4 * 1 * 1", "other numbers"),
        ("7 / (5 - 5) + 6 + 4", "other numbers"),
    ],
)
def test_puzzle24_is_computed_exactly(answer: str, says: str) -> None:
    said = objection("puzzle24", answer, {"metadata": {"numbers": [4, 5, 6, 7]}})
    assert said == says if not says else says in said


def test_puzzle24_that_divides_by_zero_is_wrong() -> None:
    assert "zero" in objection("puzzle24", "5/(6-6)+4", {"metadata": {"numbers": [4, 5, 6, 6]}})
