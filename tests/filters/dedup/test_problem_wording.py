"""The wording of problems: what two typings of one have in common, and two problems have not."""

import polars as pl
import pytest

from cotfactory_filters.dedup.wording import symbols, tokens


def read(text: str) -> list[str]:
    return pl.select(tokens(pl.lit(text))).item().to_list()  # type: ignore[no-any-return]


def told(text: str) -> list[str]:
    return pl.select(symbols(tokens(pl.lit(text)))).item().to_list()  # type: ignore[no-any-return]


@pytest.mark.parametrize(
    ("one", "two"),
    [
        ("Let $x \\geq 3$.", "Let \\(x≥3\\)."),
        ("Find $\\dfrac12 + \\tfrac{3}{4}$", "Find 1/2 + 3/4"),
        ("Find $2x$", "Find \\[ 2 x \\]"),
        ("angle $ABC = 90^\\circ$", "angle $A B C=90$ degrees"),
        ("She has $12{,}500$.", "She has 12500."),
        ("pairs $(3,4,5)$", "pairs (3, 4, 5)"),
        ("$b\\text{-nice}$ numbers", "$b$-\\textit{nice} numbers"),
        ("a + b\n\\begin{equation*} c \\end{equation*}", "$a+b$ \\[c\\]"),
        ("Find $n$.\nhttps://example.org/a9b3\n~Solver7", "Find n."),
        ("Tom's 3 apples", "Tom 3 apples"),
        ("the greatest $n$", "the largest n"),
    ],
)
def test_two_typings_of_a_problem_read_the_same(one: str, two: str) -> None:
    assert read(one) == read(two)


@pytest.mark.parametrize(
    ("one", "two"),
    [
        ("Find 12 of 30.", "Find 13 of 30."),
        ("Find $A$.", "Find $A - B$."),
        ("What is $\\sin x$?", "What is $\\cos x$?"),
        ("Find the least $n$.", "Find the greatest $n$."),
        ("the area of $ABCD$", "the area of $OP$"),
        ("3.5 of 4", "35 of 4"),
    ],
)
def test_two_problems_have_other_symbols(one: str, two: str) -> None:
    assert told(one) != told(two)


def test_articles_and_pronouns_are_no_variables() -> None:
    assert told("A man has a $5 bill. If I had a 12 too, how many have I got?") == ["12", "5"]
