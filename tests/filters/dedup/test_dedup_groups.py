"""Groups of near-duplicates are exactly those that comparing every pair would give."""

import random
from collections.abc import Sequence

import numpy as np
import polars as pl
import pytest
from numpy.typing import NDArray

from cotfactory_filters.dedup.clusters import Documents, Groups, Sets, bands, find_groups, no_edges
from cotfactory_filters.dedup.groups_scan import Edges
from cotfactory_filters.dedup.sets import shingle_sets
from cotfactory_filters.dedup.signatures import sign
from cotfactory_filters.dedup.words import shingles

THRESHOLD = 0.8
SHINGLE_WORDS = 5


def documents(seed: int, count: int = 120) -> list[str]:
    """Texts of 150 words, some of them copies with 0 to 9 words changed."""
    rng = random.Random(seed)
    texts: list[list[str]] = []
    for _ in range(count):
        if texts and rng.random() < 0.5:
            text = list(rng.choice(texts))
            for _ in range(rng.randrange(10)):
                text[rng.randrange(len(text))] = f"w{rng.randrange(5000)}"
        else:
            text = [f"w{rng.randrange(5000)}" for _ in range(150)]
        texts.append(text)
    return [" ".join(text) for text in texts]


def grouped(
    texts: Sequence[str],
    fresh: Sequence[bool] | None = None,
    known: Edges | None = None,
    labels: Sequence[int] | None = None,
) -> tuple[Groups, list[int]]:
    """Returns the groups and which documents were loaded."""
    column = pl.Series(texts, dtype=pl.String)
    signed = sign(column, shingle_words=SHINGLE_WORDS, count=128)
    looked_at: list[int] = []

    def load(rows: NDArray[np.int64]) -> Sets:
        looked_at.extend(rows)
        return shingle_sets(column.gather(rows), SHINGLE_WORDS)

    given = Documents(
        signed.signatures,
        signed.orders,
        np.array(labels or [0] * len(texts), np.uint64),
        np.array(fresh if fresh is not None else [True] * len(texts)),
        known or no_edges(),
    )
    return find_groups(given, THRESHOLD, load), looked_at


def jaccard(one: str, two: str) -> float:
    a, b = (frozenset(shingles(text, SHINGLE_WORDS)) for text in (one, two))
    return len(a & b) / len(a | b)


def by_brute_force(texts: Sequence[str]) -> list[int]:
    group = list(range(len(texts)))
    for j, text in enumerate(texts):
        for i in range(j):
            if group[i] != group[j] and jaccard(texts[i], text) >= THRESHOLD:
                low, high = sorted((group[i], group[j]))
                group = [low if g == high else g for g in group]
    return group


@pytest.mark.parametrize("seed", range(3))
def test_groups_are_those_of_comparing_every_pair(seed: int) -> None:
    texts = documents(seed)
    assert list(grouped(texts)[0].near) == by_brute_force(texts)


def test_every_edge_carries_the_exact_jaccard() -> None:
    texts = documents(1)
    edges = grouped(texts)[0].edges
    assert len(edges.pairs) > 10
    for (i, j), measured in zip(edges.pairs, edges.jaccards, strict=True):
        assert measured == pytest.approx(jaccard(texts[i], texts[j]))


def test_texts_with_the_same_words_are_one_exact_group() -> None:
    groups, looked_at = grouped(["A b c d e f.", "x y z u v w", "a b  c d e f"])
    assert list(groups.exact) == list(groups.near) == [0, 1, 0]
    assert looked_at == []


def test_documents_with_other_labels_are_never_alike() -> None:
    text = documents(0, 1)[0]
    other = text + " more"
    assert list(grouped([text, other])[0].near) == [0, 0]
    assert list(grouped([text, other], labels=[1, 2])[0].near) == [0, 1]


def test_adding_documents_gives_what_one_look_at_all_gives() -> None:
    texts = documents(2)
    before, _ = grouped(texts[:100])
    fresh = [i >= 100 for i in range(len(texts))]
    after, looked_at = grouped(texts, fresh, before.edges)
    assert list(after.near) == by_brute_force(texts)
    assert len(looked_at) < 80


def test_a_large_group_is_found_without_comparing_all_its_pairs() -> None:
    text = documents(0, 1)[0]
    texts = [f"{text} {i}" for i in range(400)]
    groups, _ = grouped(texts)
    assert set(groups.near) == {0}
    assert len(groups.edges.pairs) == 399


@pytest.mark.parametrize("texts", [[], ["one alone"], ["", "  "]])
def test_few_documents_are_groups_too(texts: list[str]) -> None:
    assert len(grouped(texts)[0].near) == len(texts)


def test_bands_find_nearly_all_pairs_at_the_threshold() -> None:
    count, rows = bands(THRESHOLD, 128)
    assert count * rows <= 128
    assert (1 - THRESHOLD**rows) ** count < 0.01
