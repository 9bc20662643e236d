"""The compiled cut into sentences, and the search that reads only some of them, change nothing."""

import re

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cotfactory_filters.annotate import sentences_scan
from cotfactory_filters.annotate.cues import CUE, count_cues
from cotfactory_filters.annotate.revisions import (
    Sentences,
    doubted_in,
    find_revisions,
    revisions_of,
)

SENTENCE = re.compile(r"[^\n.!?。！？]+(?:[.!?](?!\s)[^\n.!?。！？]*)*[.!?。！？]?")
PIECES = [
    "So x = 5", "x = 7", "y = 3x + 2", "the area is 12", "there are 8 sets", "the sum equals 9",
    "x = \\frac{1}{2}", "= 5\\pi", "n = 1,000", "Die Summe ist 36", "所以总数是36", "和は42です",
    "La suma es 36", "the angle is 30°", "it comes to only 4 units", "x = −3", "x = ４", "√2 = 1.4",
    "x != 5, y = 3", "x <= 3 and x = 4",
    "Wait", "But wait, that is wrong", "Hmm", "Is that right", "等等", "Moment", "ошибка",
    "I thought it was 5, but that was a mistake", "If x = 5", "then:", "e.g. 3.5", "...", "\0",
    ". ", ".", "! ", "?", "。", "！", "\n", "\n\n", ".\u3000", ".\u2028", ", ", " ", "\x1c", "😀",
]  # fmt: skip


def cut(text: str) -> list[str]:
    data = np.frombuffer(text.encode(), np.uint8)
    starts, ends, *_ = sentences_scan.cut(data, sentences_scan.room(len(data)), reach=1)
    return [text[a:b] for a, b in zip(starts, ends, strict=True)]


@settings(deadline=None)  # the first call compiles
@given(st.one_of(st.text(), st.lists(st.sampled_from(PIECES)).map("".join)))
def test_sentences_are_those_of_the_expression(text: str) -> None:
    text = text.replace("\0", "")  # is a mark
    assert cut(text) == SENTENCE.findall(text)


@settings(deadline=None)  # the first call compiles
@given(st.lists(st.sampled_from(PIECES), min_size=4, max_size=40).map("".join))
def test_what_is_passed_over_holds_no_revision(text: str) -> None:
    found = list(SENTENCE.finditer(text))
    every = np.ones(len(found), np.bool_)
    starts, ends = ([m.span()[end] for m in found] for end in (0, 1))
    said = Sentences(text, np.array(starts), np.array(ends), every, every)
    assert find_revisions(pl.Series([text])) == [revisions_of(said, doubted_in(said))]


def test_a_thought_that_is_null_has_none() -> None:
    assert find_revisions(pl.Series([None, ""], dtype=pl.String)) == [[], []]


@pytest.mark.parametrize("around", ["", "ü", "後", " ", "(", "é. "])
@settings(deadline=None)  # the first call starts Polars' threads
@given(words=st.lists(st.sampled_from(["wait", "However", "überprüfe", "стоп", "错了", "2", ","])))
def test_cues_are_counted_as_the_expression_finds_them(around: str, words: list[str]) -> None:
    text = f" {around} ".join(words)
    assert count_cues([text]) == [len(CUE.findall(text))]
