"""The measures table that rules see: one row a trace, every number known of it, no text."""

from collections.abc import Iterable
from pathlib import Path

import duckdb

from cotfactory import catalog
from cotfactory.sql import literal, quoted
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
_PROBLEM = ("domain", "kind", "language", "source", "licence")
_VERDICT = ("status", "method", "found", "verifier", "extracted", "score")
_RATES = (
    "count(*) OVER problem AS problem_samples, "
    "count(*) FILTER (WHERE v.status = 'correct') OVER problem AS problem_correct, "
    "problem_correct / problem_samples AS pass_rate"
)


def connect(run: Run, trace_id: str | None = None) -> duckdb.DuckDBPyConnection:
    """Opens an in-memory database with the tables `measures` and `pairs` of the run, locked.

    With `trace_id`, `measures` holds that trace alone. Recipe text may be evaluated in it: no
    file, extension or setting is within reach.
    """
    connection = duckdb.connect(":memory:")
    catalog.create_views(connection, catalog.views(run))
    rows = f"SELECT * FROM ({_select(connection)})"
    if trace_id is not None:
        rows += f" WHERE trace_id = {literal(trace_id)}"
    connection.execute(f"CREATE TABLE measures AS {rows}")
    connection.execute("CREATE TABLE pairs (a VARCHAR, b VARCHAR, jaccard DOUBLE)")
    if (run.path / PAIRS_FILE).exists():
        file = literal(str(run.path / PAIRS_FILE))
        connection.execute(f"INSERT INTO pairs SELECT a, b, jaccard FROM read_parquet({file})")
    predicates.lock(connection)
    return connection


def _select(connection: duckdb.DuckDBPyConnection) -> str:
    annotated = connection.execute(
        "SELECT column_name FROM duckdb_columns() WHERE table_name = 'annotations' "
        "AND column_name <> 'trace_id' AND data_type <> 'BLOB' ORDER BY column_index"
    ).fetchall()
    columns = ", ".join(
        [
            *_from("t", _TRACE),
            *_from("p", _PROBLEM),
            *_from("v", _VERDICT),
            _RATES,
            *_from("a", [name for (name,) in annotated]),
        ]
    )
    return (
        f"SELECT {columns} FROM traces t LEFT JOIN problems p USING (problem_id) "
        "LEFT JOIN verdicts v USING (trace_id) LEFT JOIN annotations a USING (trace_id) "
        "WINDOW problem AS (PARTITION BY t.problem_id)"
    )


def _from(table: str, columns: Iterable[str]) -> list[str]:
    return [f"{table}.{quoted(name)} AS {quoted(name)}" for name in columns]
