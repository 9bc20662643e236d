"""Benchmark items are found in problems and in traces, with the words that gave them away."""

from collections.abc import Sequence
from pathlib import Path

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cotfactory_filters.annotate.contamination import (
    Benchmarks,
    Contamination,
    ContaminationSettings,
)
from cotfactory_filters.dedup.words import words

FARM = "A farmer has seventeen sheep and all but nine of them run away. How many are left?"
SHIP = "A ship of five decks carries ninety goats and a captain. How old is the captain then?"


def matched(text: str, items: Sequence[str] = (FARM, SHIP), ngram: int = 8) -> tuple[object, ...]:
    frame = pl.DataFrame({"item": [f"b:{i}" for i in range(len(items))], "text": items})
    return tuple(Benchmarks(frame, ngram).matches(pl.Series([text]))[0] or ())


def test_an_item_inside_a_text_is_found_whole_whatever_its_case_and_punctuation() -> None:
    text = f"Solve this. {FARM.upper().replace('.', ' ;')} Think!"
    share, count, item, span = matched(text)
    assert (share, count, item) == (1.0, len(words(FARM)), "b:0")
    assert words(str(span)) == words(FARM)


def test_the_share_counts_the_items_own_ngrams() -> None:
    half = " ".join(words(FARM)[:12])
    share, count, _, span = matched(f"once {half} and then nothing")
    assert share == pytest.approx(5 / 10)
    assert count == 12
    assert span == half


def test_of_several_items_the_one_with_the_larger_share_is_named() -> None:
    text = " ".join(words(FARM)[:9]) + " whereas " + SHIP
    assert matched(text)[2] == "b:1"


def test_fewer_words_in_common_than_an_ngram_are_nothing() -> None:
    assert matched("Seventeen sheep and all but nine of the others") == ()


def test_an_item_shorter_than_an_ngram_is_found_when_it_is_the_whole_text() -> None:
    assert matched("what is 2 + 2", ["What is 2+2?"])[:2] == (1.0, 4)
    assert matched("so what is 2 + 2 then", ["What is 2+2?"]) == ()


WORDS = st.lists(st.sampled_from("abc"), max_size=12)


@settings(deadline=None)  # the first call compiles
@given(items=st.lists(WORDS, min_size=1, max_size=4), text=WORDS)
def test_shares_are_those_of_sets_of_ngrams(items: list[list[str]], text: list[str]) -> None:
    def ngrams(of: list[str]) -> set[tuple[str, ...]]:
        size = min(3, len(of))
        return {tuple(of[i : i + size]) for i in range(len(of) - size + 1)} - {()}

    found = matched(" ".join(text), [" ".join(item) for item in items], ngram=3)
    shares = [len(ngrams(i) & ngrams(text)) / max(1, len(ngrams(i))) for i in items]
    assert (found[0] if found else 0.0) == pytest.approx(max(shares))


def test_problems_and_traces_are_measured_apart(tmp_path: Path) -> None:
    path = tmp_path / "benchmarks.parquet"
    pl.DataFrame({"item": ["b:0", "b:1"], "text": [FARM, SHIP]}).write_parquet(path)
    traces = pl.DataFrame(
        {
            "problem_id": ["p", "p", "q"],
            "prompt": [FARM, FARM, "Something else"],
            "reasoning": ["Nine.", f"Like: {SHIP}", None],
            "response": ["9", "9", ""],
        }
    )
    found = Contamination(ContaminationSettings(benchmarks=path)).annotate(traces)
    assert found["problem_item"].to_list() == ["b:0", "b:0", None]
    assert found["problem_share"].to_list() == [1, 1, 0]
    assert found["trace_item"].to_list() == [None, "b:1", None]
    assert found.columns == list(Contamination.schema)


def test_the_fingerprint_follows_what_the_benchmarks_hold(tmp_path: Path) -> None:
    def fingerprint(name: str, text: str) -> str:
        path = tmp_path / name
        pl.DataFrame({"item": ["b:0"], "text": [text]}).write_parquet(path)
        return Contamination(ContaminationSettings(benchmarks=path)).fingerprint

    assert fingerprint("a", FARM) == fingerprint("b", FARM) != fingerprint("a", SHIP)


def test_without_benchmarks_nothing_is_measured() -> None:
    traces = pl.DataFrame(
        {"problem_id": ["p"], "prompt": ["x"], "reasoning": [""], "response": [""]}
    )
    found = Contamination(ContaminationSettings()).annotate(traces)
    assert found.row(0) == (None,) * len(Contamination.schema)
