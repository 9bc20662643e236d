"""Contamination: what problems and traces share with benchmarks that must stay unseen."""

import hashlib
from functools import cached_property
from pathlib import Path
from typing import ClassVar, NamedTuple

import numpy as np
import polars as pl
from numpy.typing import NDArray
from pydantic import Field

from cotfactory_filters.annotate.base import Annotator
from cotfactory_filters.dedup import grams_scan as scan
from cotfactory_filters.utf8 import utf8
from cotfactory_schemas import Settings
from cotfactory_schemas.ids import content_id

MAX_SPAN_CHARS = 300


class ContaminationSettings(Settings):
    """`ngram` is in words; the field uses 8 and 13.

    `benchmarks` is a Parquet file with the columns `item` (a name for people) and `text`; the
    sources in a recipe's `filter.benchmarks` become one.
    """

    benchmarks: Path | None = None
    ngram: int = Field(default=8, ge=2)


class Match(NamedTuple):
    """The benchmark item that a text shares most with.

    `share` of the item's n-grams stand in the text; `words` is the longest run of words in common
    and `span` its text.
    """

    share: float
    words: int
    item: str
    span: str


class Benchmarks:
    """The n-grams of benchmark items. Items of fewer words than an n-gram are one, whole."""

    def __init__(self, items: pl.DataFrame, ngram: int) -> None:
        self.ngram = ngram
        self.names = items["item"].to_list()
        texts = utf8(items["text"])
        grams, starts = scan.grams_of(texts.data, texts.offsets, ngram)
        owners = np.repeat(np.arange(len(self.names)), np.diff(starts))
        distinct, numbers = np.unique(grams, return_inverse=True)
        owned = np.unique(np.stack([numbers, owners]), axis=1)
        self.owners = owned[1]
        self.first_owner = np.searchsorted(owned[0], np.arange(len(distinct) + 1))
        self.sizes = np.bincount(owned[1], minlength=len(self.names))
        self.table = scan.make_table(distinct)

    def matches(self, texts: pl.Series) -> list[Match | None]:
        """Returns the best match of each text."""
        text = utf8(texts)
        found: list[Match | None] = [None] * len(texts)
        counts = scan.count_hits(text.data, text.offsets, self.ngram, self.table)
        for i in np.flatnonzero(counts):
            found[i] = self._best(text.data[text.offsets[i] : text.offsets[i + 1]])
        return found

    def _best(self, text: NDArray[np.uint8]) -> Match:
        numbers, starts, ends = scan.hits(text, self.ngram, self.table)
        shared = np.unique(numbers[numbers >= 0])
        owners = np.concatenate([self._owners(number) for number in shared])
        items, counts = np.unique(owners, return_counts=True)
        shares = counts / self.sizes[items]
        best = np.argmax(shares)
        own = [number for number in shared if items[best] in self._owners(number)]
        first, last = _longest_run(np.isin(numbers, own))
        after = min(last + self.ngram - 1, len(starts))
        span = text[starts[first] : ends[after - 1]].tobytes().decode("utf-8", "replace")
        return Match(
            share=float(shares[best]),
            words=int(after - first),
            item=self.names[items[best]],
            span=span if len(span) <= MAX_SPAN_CHARS else span[: MAX_SPAN_CHARS - 1] + "…",
        )

    def _owners(self, number: int) -> NDArray[np.int64]:
        owners: NDArray[np.int64] = self.owners[
            self.first_owner[number] : self.first_owner[number + 1]
        ]
        return owners


def _longest_run(marked: NDArray[np.bool_]) -> tuple[int, int]:
    """Returns [first, last) of the longest run of marks."""
    edges = np.flatnonzero(np.diff(marked, prepend=False, append=False))
    firsts, lasts = edges[::2], edges[1::2]
    longest = np.argmax(lasts - firsts)
    return int(firsts[longest]), int(lasts[longest])


class Contamination(Annotator[ContaminationSettings]):
    """Compares problems and traces with benchmark items, by word n-grams.

    Columns, once with `problem_` for the prompt and once with `trace_` for thought and answer:
    `share` of the best item's n-grams found (0 where nothing is shared), `words` of the longest
    run in common, the `item` and the `span` of text. Null when there are no benchmarks.
    """

    name = "contamination"
    version = 1
    settings_model = ContaminationSettings
    reads = ("problem_id", "prompt", "reasoning", "response")
    schema: ClassVar = {
        f"{text}_{column}": kind
        for text in ("problem", "trace")
        for column, kind in (
            ("share", pl.Float32()),
            ("words", pl.Int32()),
            ("item", pl.String()),
            ("span", pl.String()),
        )
    }

    @property
    def fingerprint(self) -> str:
        """Depends on what the benchmarks hold, not on where they stand."""
        path = self.settings.benchmarks
        held = hashlib.blake2b(path.read_bytes()).hexdigest() if path else None
        return content_id(self.name, self.version, self.settings.ngram, held)

    @cached_property
    def benchmarks(self) -> Benchmarks | None:
        """The n-grams of the benchmarks, read once for all batches."""
        path = self.settings.benchmarks
        return Benchmarks(pl.read_parquet(path), self.settings.ngram) if path else None

    def annotate(self, traces: pl.DataFrame) -> pl.DataFrame:
        """Compares each problem once, and each trace."""
        if self.benchmarks is None:
            return pl.DataFrame(schema=pl.Schema(self.schema)).clear(traces.height)
        prompts = traces.select("problem_id", "prompt").unique("problem_id")
        asked = prompts.select("problem_id").hstack(
            _columns("problem", self.benchmarks.matches(prompts["prompt"]))
        )
        thought = traces.select(TEXT).to_series()
        written = _columns("trace", self.benchmarks.matches(thought))
        found = traces.select("problem_id").join(
            asked, on="problem_id", how="left", maintain_order="left"
        )
        return found.drop("problem_id").hstack(written)


TEXT = pl.concat_str("reasoning", "response", separator="\n", ignore_nulls=True)
"""What is compared of a trace."""


def _columns(text: str, matches: list[Match | None]) -> pl.DataFrame:
    nothing = (0.0, 0, None, None)
    names = [name for name in Contamination.schema if name.startswith(f"{text}_")]
    schema = {name: Contamination.schema[name] for name in names}
    return pl.DataFrame([match or nothing for match in matches], schema=schema, orient="row")
