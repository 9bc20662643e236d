"""Pairs of problems that say the same in other words, which share too few shingles to be found.

A problem that is told anew keeps its numbers, variables and functions, and some of the words that
it is about. Among problems with the same symbols, those are looked for that share such words but
hardly any wording: who varies a problem, instead, keeps the wording and asks for something else.
"""

import numpy as np
import polars as pl
from numpy.typing import NDArray

from cotfactory_filters.dedup.sets import shingle_sets
from cotfactory_filters.language_words import COMMON_WORDS

MIN_NUMBERS = 2
MIN_WORDS = 3
MIN_EVIDENCE = 7
"""So many different symbols and shared words together."""
MIN_JACCARD = 0.15
"""Of the words that a problem is about."""
MAX_VERBATIM = 0.1
"""A Jaccard of shingles from which on the wording was kept."""
MAX_ALIKE = 64
"""Symbols that more problems have say nothing, and would be costly."""
_STEM = 5  # characters: buys and buying, apple and apples
_ASKING = "maximum minimum find determine compute evaluate express"
_COMMON = sorted({word for words in (*COMMON_WORDS.values(), _ASKING) for word in words.split()})


def reworded_pairs(problems: pl.DataFrame, shingle_words: int) -> NDArray[np.int64]:
    """Returns pairs of row numbers (n, 2), the lesser first.

    `problems` has `tokens` and `symbols` (see `wording`) and `reference`: two problems whose
    references are different numbers are not the same.
    """
    words = _words(problems)
    shared = (
        words.join(words, on=("label", "word"), suffix="_2")
        .filter(pl.col("row") < pl.col("row_2"), ~_differs("reference", "reference_2"))
        .group_by("row", "row_2", "count", "count_2", "different")
        .agg(shared=pl.len())
    )
    alike = shared.filter(
        pl.col("shared") >= MIN_WORDS,
        pl.col("shared") + pl.col("different") >= MIN_EVIDENCE,
        pl.col("shared") >= MIN_JACCARD * (pl.col("count") + pl.col("count_2") - pl.col("shared")),
    )
    pairs = alike.select("row", "row_2").sort("row", "row_2").to_numpy().astype(np.int64)
    return pairs[_verbatim(problems["tokens"], pairs, shingle_words) < MAX_VERBATIM]


def _words(problems: pl.DataFrame) -> pl.DataFrame:
    """Returns a row for each word of each problem that has the symbols of a few others."""
    number = pl.element().filter(pl.element().str.contains(r"^\d")).n_unique()
    stem = pl.element().str.to_lowercase()
    is_word = (pl.element().str.len_chars() > 1) & ~pl.element().str.contains(r"^\d")
    stem = stem.filter(is_word & ~stem.is_in(_COMMON)).str.head(_STEM).unique()
    return (
        problems.with_row_index("row")
        .filter(pl.col("symbols").list.eval(number).list.first() >= MIN_NUMBERS)
        .with_columns(label=pl.col("symbols").list.join(" ").hash())
        .filter(pl.len().over("label").is_between(2, MAX_ALIKE))
        .select(
            "row",
            "label",
            different=pl.col("symbols").list.n_unique(),
            reference=pl.col("reference").str.replace_all(",", "").cast(pl.Float64, strict=False),
            word=pl.col("tokens").list.eval(stem),
        )
        .with_columns(count=pl.col("word").list.len())
        .explode("word")
        .drop_nulls("word")
    )


def _differs(one: str, two: str) -> pl.Expr:
    return ((pl.col(one) - pl.col(two)).abs() > 0).fill_null(value=False)


def _verbatim(
    tokens: pl.Series, pairs: NDArray[np.int64], shingle_words: int
) -> NDArray[np.float64]:
    """Returns the Jaccard of the shingles of each pair."""
    rows, places = np.unique(pairs, return_inverse=True)
    hashes, bounds = shingle_sets(tokens.gather(rows).list.join(" "), shingle_words)
    sets = np.split(hashes, bounds[1:-1])
    return np.array([_jaccard(sets[a], sets[b]) for a, b in places.reshape(-1, 2)])


def _jaccard(one: NDArray[np.uint32], two: NDArray[np.uint32]) -> float:
    both = len(np.intersect1d(one, two, assume_unique=True))
    return both / max(1, len(one) + len(two) - both)
