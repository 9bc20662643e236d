"""Signatures are what datasketch would make of the same shingles."""

import numpy as np
import polars as pl
import pytest
from datasketch import MinHash
from hypothesis import given, settings
from hypothesis import strategies as st

from cotfactory_filters.annotate.minhash import MinHash as MinHashAnnotator
from cotfactory_filters.annotate.minhash import MinHashSettings
from cotfactory_filters.dedup.sets import shingle_sets
from cotfactory_filters.dedup.signatures import sign
from cotfactory_filters.dedup.words import shingle_hash, shingles, words

TEXTS = st.text(
    st.characters(codec="utf-8") | st.sampled_from(" \n\t.,Aaz09é漢字かな한글\u3000\u2019"),
    max_size=60,
)


def by_datasketch(text: str, size: int = 5) -> MinHash:
    signed = MinHash(num_perm=128, hashfunc=shingle_hash)
    signed.update_batch(shingles(text, size))
    return signed


@settings(deadline=None)  # the first call compiles
@given(st.lists(TEXTS, min_size=1, max_size=6), st.integers(1, 5))
def test_signatures_equal_datasketchs(texts: list[str], size: int) -> None:
    signed = sign(pl.Series(texts), shingle_words=size, count=128)
    for text, signature, count in zip(texts, signed.signatures, signed.shingles, strict=True):
        assert count == len(shingles(text, size))
        if count:
            assert np.array_equal(by_datasketch(text, size).hashvalues, signature)


@settings(deadline=None)  # the first call compiles
@given(st.lists(TEXTS, min_size=1, max_size=6))
def test_sets_hold_the_hashes_of_all_shingles(texts: list[str]) -> None:
    sets = shingle_sets(pl.Series(texts), 3)
    for i, text in enumerate(texts):
        own = sets.hashes[sets.bounds[i] : sets.bounds[i + 1]]
        assert list(own) == sorted({shingle_hash(s) for s in shingles(text, 3)})


def test_words_are_lowered_and_punctuation_parts_them() -> None:
    assert words("Let's see: 2+3=5, so É stays.") == [
        "let",
        "s",
        "see",
        "2",
        "3",
        "5",
        "so",
        "É",
        "stays",
    ]


def test_each_cjk_character_is_a_word() -> None:
    assert words("x 等于五。ok") == ["x", "等", "于", "五", "。", "ok"]


@settings(deadline=None)  # the first call compiles
@given(TEXTS, TEXTS)
def test_equal_orders_mean_the_same_words(one: str, two: str) -> None:
    orders = sign(pl.Series([one, two]), shingle_words=2, count=16).orders
    assert bool(orders[0] == orders[1]) is (words(one) == words(two))


def test_a_stored_signature_is_read_by_datasketch_with_the_same_estimate() -> None:
    one = "the quick brown fox jumps over the lazy dog and runs away from the old farm house"
    two = one.replace("old", "new")
    traces = pl.DataFrame({"reasoning": [one, two], "response": ["42", "42"]})
    stored = MinHashAnnotator(MinHashSettings()).annotate(traces)["signature"]
    loaded = [MinHash(hashvalues=np.frombuffer(s, "<u4"), scheme="affine32") for s in stored]
    direct = [by_datasketch(f"{text}\n42") for text in (one, two)]
    assert loaded[0].jaccard(loaded[1]) == direct[0].jaccard(direct[1])
    assert 0.3 < loaded[0].jaccard(loaded[1]) < 1


@pytest.mark.parametrize("blank", ["", "  \n ", "... !"])
def test_a_text_without_words_has_no_signature(blank: str) -> None:
    traces = pl.DataFrame(
        {"reasoning": [blank], "response": [None]}, schema_overrides={"response": pl.String}
    )
    row = MinHashAnnotator(MinHashSettings()).annotate(traces).row(0, named=True)
    assert row == {"signature": None, "order": None, "shingles": 0}
