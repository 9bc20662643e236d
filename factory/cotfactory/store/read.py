"""Reads the tables of a run as Polars frames."""

import polars as pl
import pyarrow as pa

from cotfactory.store.parts import TABLES
from cotfactory.store.run import Run
from cotfactory_filters import layout


def scan(run: Run, table: str) -> pl.LazyFrame:
    """All committed rows of a table (`problems`, `traces` …), oldest part first.

    The raw text of traces, which parts hold only where it cannot be put together again, is there.
    A column that parts of an older version lack is null there.
    """
    parts = run.parts(table)
    if not parts:
        return empty(TABLES[table]).lazy()
    schema = empty(TABLES[table]).schema
    frame = pl.scan_parquet(parts, schema=schema, missing_columns="insert", extra_columns="ignore")
    return restore_raw(frame) if table == "traces" else frame


def restore_raw(traces: pl.LazyFrame) -> pl.LazyFrame:
    """Fills in the raw texts that parts of `traces` leave out."""
    return traces.with_columns(raw=layout.raw_expression())


def empty(schema: pa.Schema) -> pl.DataFrame:
    """A frame without rows that has the columns of an Arrow schema."""
    frame = pl.from_arrow(schema.empty_table())
    if not isinstance(frame, pl.DataFrame):
        raise TypeError("an Arrow table became a series")
    return frame
