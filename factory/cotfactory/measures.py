"""The measures table that rules see: one row a trace, every number known of it, no text."""

from collections.abc import Iterable, Sequence
from pathlib import Path

import duckdb
import polars as pl

from cotfactory.errors import CotfactoryError
from cotfactory.sql import database
from cotfactory.store import read
from cotfactory.store.parts import TABLES
from cotfactory.store.run import Run
from cotfactory_filters import predicates

PAIRS_FILE = Path("dedup", "pairs.parquet")
"""Near-duplicates that were compared: trace ids a < b, and their exact Jaccard."""

_TRACE = (
    "trace_id",
    "problem_id",
    "sample",
    "teacher",
    "model",
    "layout",
    "finish_reason",
    "prompt_tokens",
    "reasoning_tokens",
    "completion_tokens",
    "max_tokens",
    "seconds",
    "parent_id",
    "source_id",
)
_PROBLEM = ("domain", "kind", "thought", "language", "source", "licence")
_VERDICT = ("status", "method", "found", "verifier", "extracted", "score")
_UNREADABLE = (OSError, pl.exceptions.PolarsError)


def connect(run: Run, trace_id: str | None = None) -> duckdb.DuckDBPyConnection:
    """Opens an in-memory database with the tables `measures` and `pairs` of the run, locked.

    With `trace_id`, `measures` holds that trace alone. Recipe text may be evaluated in it: no
    file, extension or setting is within reach.

    Raises:
        CotfactoryError: a file of annotations is damaged.
    """
    measures = measure(run)
    if trace_id is not None:
        measures = measures.filter(pl.col("trace_id") == trace_id)
    connection = database()
    _create(connection, "measures", measures)
    _create(connection, "pairs", _pairs(run))
    predicates.lock(connection)
    return connection


def measure(run: Run) -> pl.DataFrame:
    """Returns what rules see: scalars of trace, problem and verdict, and all annotations."""
    measures = _stacked("traces", _TRACE, (_measured(run, part) for part in run.parts("traces")))
    problems = _table(run, "problems", ("problem_id", *_PROBLEM))
    verdicts = _table(run, "verdicts", ("trace_id", *_VERDICT))
    correct = (pl.col("status") == "correct").sum().over("problem_id")
    return (
        measures.join(problems.unique("problem_id"), on="problem_id", how="left")
        .join(verdicts.unique("trace_id", keep="last"), on="trace_id", how="left")
        .with_columns(problem_samples=pl.len().over("problem_id"), problem_correct=correct)
        .with_columns(pass_rate=pl.col("problem_correct") / pl.col("problem_samples"))
    )


def _table(run: Run, table: str, names: Sequence[str]) -> pl.DataFrame:
    return _stacked(table, names, (_present(part, names) for part in run.parts(table)))


def _stacked(table: str, names: Sequence[str], parts: Iterable[pl.DataFrame]) -> pl.DataFrame:
    """Returns the parts under each other; a column that a part lacks is null there."""
    empty = read.empty(TABLES[table]).select(names)
    return pl.concat([empty, *parts], how="diagonal_relaxed")


def _present(part: Path, names: Sequence[str]) -> pl.DataFrame:
    """Returns those of the columns that a part has: older ones know fewer."""
    known = pl.read_parquet_schema(part)
    return pl.read_parquet(part, columns=[name for name in names if name in known])


def _measured(run: Run, part: Path) -> pl.DataFrame:
    """Returns the traces of a part with their annotations; what was not measured is absent."""
    traces = _present(part, _TRACE)
    for folder in sorted((run.path / "annotations").glob("*/")):
        if (folder / part.name).exists():
            traces = _beside(traces, folder / part.name)
    return traces


def _beside(traces: pl.DataFrame, file: Path) -> pl.DataFrame:
    try:
        kinds = pl.read_parquet_schema(file)
        wanted = [name for name, kind in kinds.items() if _is_measure(kind)]
        found = pl.read_parquet(file, columns=wanted)
    except _UNREADABLE as error:
        raise CotfactoryError(
            f"{file}: is not readable Parquet ({error}). Delete it and run: cotfactory filter RUN"
        ) from error
    named = {name: f"{file.parent.name}_{name}" for name in wanted if name != "trace_id"}
    if found["trace_id"].equals(traces["trace_id"]):
        return traces.hstack(found.drop("trace_id").rename(named))
    return traces.join(found.rename(named), on="trace_id", how="left", maintain_order="left")


def _is_measure(kind: pl.DataType) -> bool:
    """Neither signatures nor passages of the text."""
    return kind != pl.Binary() and not (isinstance(kind, pl.List) and kind.inner.is_nested())


def _pairs(run: Run) -> pl.DataFrame:
    path = run.path / PAIRS_FILE
    schema = {"a": pl.String(), "b": pl.String(), "jaccard": pl.Float64()}
    return pl.read_parquet(path) if path.exists() else pl.DataFrame(schema=schema)


def _create(connection: duckdb.DuckDBPyConnection, table: str, frame: pl.DataFrame) -> None:
    connection.register("given", frame.to_arrow())
    connection.execute(f"CREATE TABLE {table} AS SELECT * FROM given")
    connection.unregister("given")
