"""Annotators that fail, as another package might bring them."""

from typing import ClassVar

import polars as pl

from cotfactory_filters.annotate import Annotator
from cotfactory_schemas import Settings


class Fussy(Annotator[Settings]):
    """Fails on a batch that has an unlucky thought in it."""

    name = "fussy"
    version = 1
    schema: ClassVar = {"chars": pl.Int32()}

    def annotate(self, traces: pl.DataFrame) -> pl.DataFrame:
        if traces["reasoning"].str.contains("unlucky").any():
            raise ValueError("met an unlucky thought")
        return traces.select(chars=pl.col("reasoning").str.len_chars())


class Shrinking(Fussy):
    """Returns fewer rows than it was given."""

    def annotate(self, traces: pl.DataFrame) -> pl.DataFrame:
        return super().annotate(traces)[1:]
