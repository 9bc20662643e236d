"""Puts runs together, such as the shards of an array of jobs."""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import pyarrow.parquet as pq

from cotfactory.store.parts import ROW_GROUP_ROWS
from cotfactory.store.read import scan
from cotfactory.store.run import TABLE_OF, Row, Run, RunWriter
from cotfactory_filters import layout
from cotfactory_schemas import tables

KEYS: Mapping[str, tuple[str, ...]] = {
    "problems": ("problem_id",),
    "traces": ("trace_id",),
    "verdicts": ("trace_id", "verifier", "version", "settings", "method", "status"),
    "outcomes": ("problem_id", "teacher", "outcome"),
}


def merge(
    into: RunWriter, runs: Sequence[Run], progress: Callable[[str, int, int | None], None]
) -> Counter[str]:
    """Adds the rows of `runs` that `into` does not hold; returns how many of each table.

    Later runs' verdicts and outcomes count as newer.
    """
    added: Counter[str] = Counter()
    for table, key in KEYS.items():
        there = scan(into, table).select(key).collect().iter_rows(named=True)
        known = {_identity(row, key) for row in there}
        for run in runs:
            for group in _groups(run, table):
                new = [row for row in group if _identity(row, key) not in known]
                known.update(_identity(row, key) for row in new)
                into.append([_noun(table, row) for row in new])
                added[table] += len(new)
                progress(f"merge {table}", added[table], None)
    into.roll()
    return added


def _identity(row: Mapping[str, Any], key: tuple[str, ...]) -> tuple[Any, ...]:
    """What tells a row from others; parts of older versions have no settings, which is none."""
    return tuple("" if row.get(name) in (None, "{}") else row[name] for name in key)


def _groups(run: Run, table: str) -> Iterator[list[dict[str, Any]]]:
    for part in run.parts(table):
        for batch in pq.ParquetFile(part).iter_batches(ROW_GROUP_ROWS):
            yield batch.to_pylist()


def _noun(table: str, row: dict[str, Any]) -> Row:
    if table == "traces" and row["raw"] is None:
        row["raw"] = layout.compose(row["layout"], row["reasoning"], row["response"])
    (noun,) = [noun for noun, name in TABLE_OF.items() if name == table]
    return tables.from_row(noun, row)
