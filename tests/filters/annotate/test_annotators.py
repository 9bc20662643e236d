"""What holds for every annotator."""

import time
from typing import Any

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cotfactory_filters.annotate import make_annotators
from cotfactory_filters.annotate.registry import REGISTRY
from trace_batch import annotated, batch

PIECES = (
    *("\\(", "\\)", "\\[", "\\begin{a}", "\\boxed{", "$", "$$", "`", "```", "**", "# ", "\n\n"),
    *("<think>", "</think>", "answer is ", "答案是", "Wait, ", "die ", "a@b.de", "+49 1 23", "7"),
    *("\u2028", "\x00", "\ufffd", "é", "中", "한", "ا", "𝔸", "👍", " ", "."),
)
soup = st.lists(st.one_of(st.sampled_from(PIECES), st.text(max_size=5)), max_size=30).map(
    lambda pieces: "".join(pieces).encode("utf-8", "replace").decode()
)


@pytest.mark.parametrize("name", REGISTRY.shipped)
@settings(max_examples=40, deadline=None)
@given(thought=soup, answer=soup)
def test_any_text_is_measured_and_each_row_by_itself(name: str, thought: str, answer: str) -> None:
    row = {"raw": thought + answer, "reasoning": thought, "response": answer}
    other = {"raw": "x", "reasoning": "So it is.", "response": "5"}
    both = annotated(name, row, other, row)
    assert both[0] == both[2]
    assert both[1] == annotated(name, other)[0]


@pytest.mark.parametrize("name", REGISTRY.shipped)
def test_nulls_are_measured(name: str) -> None:
    nulls: dict[str, Any] = dict.fromkeys(batch().columns)
    assert len(annotated(name, nulls, {})) == 2


@pytest.mark.parametrize("name", REGISTRY.shipped)
def test_an_empty_batch_has_no_rows_but_all_columns(name: str) -> None:
    (annotator,) = make_annotators({**dict.fromkeys(REGISTRY.shipped), name: {}})
    measured = annotator.annotate(batch().select(annotator.reads))
    assert measured.height == 0
    assert set(measured.columns) == set(annotator.schema)


@pytest.mark.parametrize("name", REGISTRY.shipped)
@pytest.mark.parametrize("piece", [*PIECES[:9], "<think>", "</think", "nswer is ", "ab ", "中"])
def test_a_hostile_text_takes_linear_time(name: str, piece: str) -> None:
    text = piece * (100_000 // len(piece))
    annotated(name, {"raw": "warm", "reasoning": "up", "response": "!"})
    started = time.process_time()
    annotated(name, {"raw": text, "reasoning": text, "response": text})
    assert time.process_time() - started < 2


@pytest.mark.parametrize("name", REGISTRY.shipped)
def test_what_is_declared_is_what_comes(name: str) -> None:
    (annotator,) = make_annotators({**dict.fromkeys(REGISTRY.shipped), name: {}})
    assert annotator.name == name
    assert "trace_id" not in annotator.schema
    measured = annotator.annotate(batch({}).select(annotator.reads))
    measured.cast(pl.Schema(annotator.schema))
