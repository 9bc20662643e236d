"""Quantities that a thought gives one value, doubts, and gives another."""

import polars as pl
import pytest

from cotfactory.splits.builders import journey_rows, shortcut_rows
from cotfactory.splits.group import Sample
from cotfactory.splits.judge import look_through
from cotfactory_filters.annotate.revisions import find_revisions
from cotfactory_filters.verify.pool import VerifierPool
from cotfactory_schemas.recipe import VerifySettings
from split_samples import placed, sample

COUNTED = (
    "So there are 36 pairs that fit. But wait, I left out the last row.\n\n"
    "Counting again, the total number of pairs that fit is 42."
)
ADMITTED = f"""So |A| = 36. But wait, that was quick.
{"Two rows of the table, added up. " * 12}
That gives d = 42.
Earlier I thought it was 36, but that was a mistake."""


@pytest.mark.parametrize(
    ("thought", "first", "last"),
    [
        (COUNTED, "36", "42"),
        (r"So \(f(7) = 6 \cdot 6 = 36\). Hmm, is that right? \(f(7) = 42\).", "36", "42"),
        ("Thus the area is 36. Wait, that is one side short.\nThe area is 42.", "36", "42"),
        ("Also ist die Summe 36. Moment, das stimmt nicht. Die Summe ist 42.", None, None),
        ("Die Summe ist 36. Moment, das stimmt nicht. Die Summe ist 42.", "36", "42"),
        ("所以总数是36。等等，不对。所以总数是42。", "36", "42"),
        ("La suma es 36. Espera, falta una fila. La suma es 42.", "36", "42"),
        (ADMITTED, "36", "42"),
    ],
)
def test_a_value_that_is_doubted_and_replaced_is_found(
    thought: str, first: str | None, last: str | None
) -> None:
    (revisions,) = find_revisions(pl.Series([thought]))
    found = [(r.first.text, r.last.text) for r in revisions]
    assert found == ([(first, last)] if first else [])
    for revision in revisions:
        for value in revision:
            assert thought[value.start : value.end] == value.text


@pytest.mark.parametrize(
    "thought",
    [
        "If x = 36, wait, that fails.\nSo x = 42.",
        "If g = 13, then:\n\\[\nb = 35 - 13 = 22\n\\]\nHowever, that is not possible. So b = 9.",
        "But according to the earlier count x = 36. Wait, no. So x = 42.",
        "So x = 36.\nThen y = 6.\nSo x = 42.",
        "So x = 36. Wait, let me look at y. So y = 42.",
        "So x = 42. So x = 36. Wait, no. So x = 42.",
        "So x = 36, y = 2. Wait, no. So x = 42, y = 2.",
        "For the men the number of ways is 36. Wait. The number of ways for all of them is 42.",
        "Wait.",
        "",
    ],
)
def test_trials_other_quantities_and_values_that_were_right_before_are_none(thought: str) -> None:
    assert find_revisions(pl.Series([thought])) == [[]]


def looked_through(thought: str) -> Sample:
    with VerifierPool(VerifySettings(workers=1)) as pool:
        given = [sample(thought)]
        (seen,) = look_through(given, pool)
    return seen


def test_a_quantity_that_ends_at_the_answer_makes_a_journey() -> None:
    (row,) = journey_rows(placed(looked_through(COUNTED)))
    text = row.messages[-1].content
    parts = [(s.role, text[s.start : s.end].strip()) for s in row.spans]
    assert parts[:2] == [
        ("wrong_attempt", "So there are 36 pairs that fit."),
        ("reflection", "But wait, I left out the last row."),
    ]


def test_a_quantity_that_is_not_the_answer_makes_none() -> None:
    seen = looked_through("So y = 5. Wait, no. So y = 6. And y times 7 is 42.")
    assert seen.candidates == []
    assert list(shortcut_rows(placed(seen)))


def test_a_wrong_answer_that_is_come_back_to_is_one_trial() -> None:
    thought = (
        "So the answer is 36.\n\nWait, let me check.\n\nYes, the answer is 36.\n\n"
        "Hmm, six sevens are not six sixes.\n\nSo 42."
    )
    (row,) = journey_rows(placed(looked_through(thought), journey={"max_wrong": 1}))
    assert [s.role for s in row.spans] == ["wrong_attempt", "reflection", "correct_path"]
    assert row.messages[-1].content[row.spans[1].start :].startswith("Hmm")
