"""Benchmark items inside whole traces, beside sets of 8-grams in Python.

    python tests/benchmarks/contamination.py [MEGABYTES]

Every hundredth text holds one of 5,000 items word for word, with other case and punctuation.
"""

import random
import sys
import time
from collections.abc import Sequence
from itertools import islice

import corpus
import polars as pl

from cotfactory_filters.annotate.contamination import Benchmarks
from cotfactory_filters.dedup.words import words

ITEMS = 5_000
ITEM_WORDS = 40
NGRAM = 8
LIMIT = 0.5


def by_us(texts: Sequence[str], items: Sequence[str]) -> set[int]:
    """The annotator's way: the share of an item's n-grams."""
    frame = pl.DataFrame({"item": [str(i) for i in range(len(items))], "text": items})
    matches = Benchmarks(frame, NGRAM).matches(pl.Series(texts))
    return {i for i, match in enumerate(matches) if match and match.share >= LIMIT}


def by_sets(texts: Sequence[str], items: Sequence[str]) -> set[int]:
    """The field's way: any n-gram in common."""
    held = {gram for item in items for gram in _grams(item)}
    return {i for i, text in enumerate(texts) if not held.isdisjoint(_grams(text))}


def _grams(text: str) -> set[tuple[str, ...]]:
    found = words(text)
    return {tuple(found[i : i + NGRAM]) for i in range(len(found) - NGRAM + 1)}


def main() -> None:
    """Prints a line for each way."""
    megabytes = float(next(islice(sys.argv, 1, None), "32"))
    rng = random.Random(0)
    source = " ".join(
        text.text for text in corpus.texts(ITEMS * ITEM_WORDS * 8 / 1e6, seed=9)
    ).split()
    items = [" ".join(source[i : i + ITEM_WORDS]) for i in range(0, ITEMS * ITEM_WORDS, ITEM_WORDS)]
    texts = [text.text for text in corpus.texts(megabytes)]
    leaked = set(range(0, len(texts), 100))
    for i in leaked:
        middle = texts[i].find(" ", len(texts[i]) // 2)
        texts[i] = f"{texts[i][:middle]} {rng.choice(items).upper()}! {texts[i][middle:]}"
    by_us(texts[:10], items[:10])  # compiles
    print(f"{'':24} {'MB/s/core':>10} {'recall':>8} {'precision':>10}")
    for name, way in {"cotfactory": by_us, "sets of 8-grams": by_sets}.items():
        began = time.process_time()
        found = way(texts, items)
        seconds = time.process_time() - began
        rate = sum(len(text) for text in texts) / 1e6 / seconds
        right = len(found & leaked)
        print(f"{name:24} {rate:10.1f} {right / len(leaked):8.3f} {right / len(found):10.3f}")


if __name__ == "__main__":
    main()
