"""Problems told anew are found by their symbols and the words that they are about."""

from collections.abc import Sequence

import polars as pl
import pytest

from cotfactory_filters.dedup.reworded import MAX_ALIKE, reworded_pairs
from cotfactory_filters.dedup.wording import symbols, tokens

BAKER = (
    "Nadia bakes 24 loaves every morning and sells 18 of them for $3 each at the market. "
    "How many dollars does she earn in a week of 7 days?"
)
RETOLD = (
    "At the market, each loaf goes for $3. If Nadia makes 24 loaves a morning, of which 18 are "
    "sold, what are her earnings over 7 days?"
)
OTHER = (
    "A bus with 24 seats leaves every 18 minutes. If 3 riders get on at each of 7 stops, how many "
    "seats stay free?"
)
VARIED = BAKER.replace("How many dollars does she earn", "How many loaves are left over")


def pairs(
    texts: Sequence[str], references: Sequence[str | None] | None = None
) -> list[tuple[int, int]]:
    frame = pl.DataFrame(
        {"prompt": texts, "reference": references or [None] * len(texts)},
        schema={"prompt": pl.String, "reference": pl.String},
    ).with_columns(tokens=tokens(pl.col("prompt")))
    found = reworded_pairs(frame.with_columns(symbols=symbols(pl.col("tokens"))), 5)
    return [(a, b) for a, b in found.tolist()]


def test_a_problem_in_other_words_is_found() -> None:
    assert pairs([OTHER, BAKER, RETOLD]) == [(1, 2)]


def test_equal_numbers_alone_make_no_pair() -> None:
    assert pairs([BAKER, OTHER]) == []


def test_other_numbers_make_another_problem() -> None:
    assert pairs([BAKER, RETOLD.replace("18", "16")]) == []


def test_who_keeps_the_wording_asks_something_else() -> None:
    assert pairs([BAKER, VARIED]) == []


@pytest.mark.parametrize(
    ("one", "two", "same"),
    [("378", "378.0", True), ("1,378", "1378", True), ("378", None, True), ("378", "54", False)],
)
def test_other_answers_make_another_problem_where_both_are_known(
    one: str, two: str | None, *, same: bool
) -> None:
    assert bool(pairs([BAKER, RETOLD], [one, two])) is same


def test_symbols_that_everyone_has_say_nothing() -> None:
    assert pairs([BAKER, RETOLD] * (MAX_ALIKE // 2)) != []
    assert pairs([BAKER, RETOLD] * MAX_ALIKE) == []


@pytest.mark.parametrize("texts", [[], [""], ["?!", "..."], ["3 4", "3 4"]])
def test_problems_of_few_words_have_no_pairs(texts: list[str]) -> None:
    assert pairs(texts) == []
