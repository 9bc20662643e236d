"""Repetition: loops and what repeats."""

import time
from typing import Any

import duckdb
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cotfactory_filters import predicates
from cotfactory_filters.annotate.repetition_scan import MIN_LOOP_BYTES, Loop, tail_loops
from cotfactory_filters.decide import decide
from cotfactory_filters.rules import DEFAULTS
from cotfactory_filters.utf8 import utf8
from cotfactory_schemas.recipe import SelectSettings
from trace_batch import annotated, annotated_thought

PROSE = (
    "First I add the apples of both baskets. Then I take away those that were eaten on Monday, "
    "and what is left goes to the market, where each box holds a dozen. "
)


def repetition(thought: str, **settings: Any) -> dict[str, Any]:
    return annotated_thought("repetition", thought, **settings)


def test_prose_has_no_loop() -> None:
    row = repetition(PROSE)
    assert (row["loop_period"], row["loop_repeats"], row["numbered_loop_repeats"]) == (0, 0, 0)
    assert (row["ngram_share"], row["line_share"]) == (0, 0)


def test_a_loop_at_the_end_has_its_period_and_rounds() -> None:
    round_ = "Wait, let me check it again. "
    row = repetition(PROSE + round_ * 20)
    assert row["loop_period"] == len(round_)
    assert row["loop_repeats"] == pytest.approx(20, abs=0.1)
    assert row["loop_chars"] == pytest.approx(20 * len(round_), abs=len(round_))


def test_a_loop_is_measured_in_characters() -> None:
    row = repetition("等等，让我再想一想。" * 60)
    assert (row["loop_period"], row["loop_chars"]) == (10, 600)


def test_a_loop_that_was_left_again_is_no_loop_at_the_end_but_repeats() -> None:
    row = repetition("Wait, let me check it again. " * 20 + PROSE)
    assert row["loop_repeats"] == 0
    assert row["ngram_share"] > 0.7


def test_a_loop_that_counts_is_numbered() -> None:
    counting = "".join(f"Try n = {n}: it is not prime, go on. " for n in range(95, 120))
    row = repetition(PROSE + counting)
    assert row["loop_repeats"] == 0
    assert row["numbered_loop_repeats"] > 20
    assert row["numbered_loop_period"] == len("Try n = 119: it is not prime, go on. ")


def shipped_rules_that_fire(thought: str) -> list[str]:
    rules = {name: DEFAULTS[name] for name in ("loop", "counting_loop")}
    columns = {f"repetition_{name}": value for name, value in repetition(thought).items()}
    with duckdb.connect(":memory:") as connection:
        connection.register("measures_", pl.DataFrame([columns]).to_arrow())
        connection.execute(
            "CREATE TABLE measures AS SELECT *, 't' AS trace_id, 'p' AS problem_id, "
            "'math' AS domain, 1 AS completion_tokens FROM measures_"
        )
        predicates.lock(connection)
        (row,) = decide(connection, rules, SelectSettings()).to_pylist()
    return list(row["rules"])


def test_loops_and_counting_without_end_are_rejected_but_no_moves_of_a_puzzle() -> None:
    tried = "Now let me try x = {}. That leaves {} on the right side, so this is not it. "
    counting = "".join(tried.format(n, n * n) for n in range(40))
    moves = "".join(
        f"Move disk {n % 4} from peg {n % 3} to peg {(n + 1) % 3}.\n" for n in range(40)
    )
    assert shipped_rules_that_fire(PROSE + "Wait, let me check it again. " * 20) == ["loop"]
    assert shipped_rules_that_fire(PROSE + counting) == ["counting_loop"]
    assert shipped_rules_that_fire(PROSE + moves) == []
    assert shipped_rules_that_fire(PROSE) == []


@pytest.mark.parametrize("before", ["", PROSE * 40])
def test_a_loop_of_one_digit_is_found(before: str) -> None:
    row = repetition(before + "0.3333" + "3" * 2000)
    assert (row["loop_period"], row["loop_chars"]) == (1, 2004)


@pytest.mark.parametrize(("round_", "period"), [("so 7, ", 6), ("0", 1)])
def test_a_loop_in_the_answer_counts(round_: str, period: int) -> None:
    (row,) = annotated("repetition", {"reasoning": PROSE, "response": round_ * 300})
    assert row["loop_period"] == period


def test_equal_lines_are_counted_from_16_bytes_on() -> None:
    line = "The total is 12 apples.\n"
    row = repetition(line * 3 + "ok\n" * 9 + PROSE)
    assert row["equal_lines"] == 3
    assert 0 < row["line_share"] < 1


def test_cjk_characters_are_words() -> None:
    assert repetition("先算一边再算另一边。" * 3, ngram=4)["ngram_share"] > 0.5


@given(
    prefix=st.text(st.characters(codec="utf-8"), max_size=40),
    round_=st.text(st.characters(codec="utf-8"), min_size=1, max_size=40).filter(
        lambda s: bool(s.strip())
    ),
    rounds=st.integers(3, 9),
)
def test_every_verbatim_loop_that_is_long_enough_is_found(
    prefix: str, round_: str, rounds: int
) -> None:
    loop = round_ * rounds
    (found,) = tail_loops(utf8(pl.Series([prefix + loop])))
    long_enough = len(loop.strip().encode()) - len(round_.encode()) >= MIN_LOOP_BYTES
    if long_enough and rounds > 3:
        assert 0 < found[Loop.PERIOD] <= len(round_)


@pytest.mark.parametrize(
    "text", ["a" * 300_000, "ab" * 150_000 + "c", "\n" * 300_000, "1 " * 150_000]
)
def test_hostile_texts_take_linear_time(text: str) -> None:
    repetition("warm up")
    started = time.process_time()
    repetition(text)
    assert time.process_time() - started < 1
