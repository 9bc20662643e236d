"""Reads a run as groups: problem by problem, with all that is known of each sample."""

import itertools
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

import duckdb

from cotfactory import catalog
from cotfactory.errors import CotfactoryError
from cotfactory.splits.group import Group, Sample
from cotfactory.splits.partition import part_of
from cotfactory.sql import literal, quoted
from cotfactory.store.run import Run
from cotfactory_schemas import Problem, Trace, Verdict, tables

BATCH_ROWS = 256
MEMORY_LIMIT = "1GB"  # what the join and the sort may hold; beyond it they use the scratch folder
THREADS = 2  # each holds its own buffers; the sort is not what takes the time
_NESTED = ("[", "STRUCT", "MAP", "BLOB")


def groups(run: Run, scratch: Path) -> Iterator[Group]:
    """Yields the groups in the order of their problem_id; the text is read once.

    The order, and with it the splits, does not depend on how the run was sharded or resumed.

    Raises:
        CotfactoryError: a trace has no decision yet.
    """
    wanted = {name: select for name, select in catalog.views(run).items() if name != "splits"}
    with duckdb.connect(":memory:") as connection:
        catalog.create_views(connection, wanted)  # the former splits may be damaged: not read
        connection.execute(f"SET temp_directory = {literal(str(scratch))}")
        connection.execute(f"SET memory_limit = {literal(MEMORY_LIMIT)}")
        connection.execute(f"SET threads = {THREADS}")
        _check_decided(run, connection)
        rows = _rows(connection)
        for problem_id, of_problem in itertools.groupby(
            rows, key=lambda row: row["t"]["problem_id"]
        ):
            samples = [_sample(row) for row in of_problem]
            like = samples[0].scores.get("dedup_problem_cluster") or problem_id
            part = part_of(like, run.recipe.splits.test_fraction, run.recipe.seed)
            yield Group(samples[0].problem, samples, part)


def _check_decided(run: Run, connection: duckdb.DuckDBPyConnection) -> None:
    found = connection.execute(
        "SELECT count(*) FROM traces ANTI JOIN decisions USING (trace_id)"
    ).fetchone()
    if found and found[0]:
        raise CotfactoryError(
            f"{run.path}: {found[0]} traces have no decision. Make them with: cotfactory filter RUN"
        )


def _rows(connection: duckdb.DuckDBPyConnection) -> Iterator[Mapping[str, Any]]:
    """Yields one dictionary a trace: trace `t`, problem `p`, verdict `v`, decision `d`, scores `a`.

    A struct column for each table keeps their equal column names apart.
    """
    scores = "".join(f", {literal(name)}: a.{quoted(name)}" for name in _score_names(connection))
    # One sort over everything, on disk where it must be: traces of a problem lie far apart.
    found = connection.sql(
        f"SELECT t, p, v, d, {{'trace_id': t.trace_id{scores}}} AS a "  # noqa: S608 - quoted names
        "FROM traces t JOIN problems p USING (problem_id) JOIN decisions d USING (trace_id) "
        "LEFT JOIN verdicts v USING (trace_id) LEFT JOIN annotations a USING (trace_id) "
        "ORDER BY t.problem_id, t.sample, t.trace_id"
    )
    for batch in found.to_arrow_reader(BATCH_ROWS):
        yield from batch.to_pylist()


def _score_names(connection: duckdb.DuckDBPyConnection) -> list[str]:
    """The annotation columns that are numbers, flags or short texts; signatures are none."""
    described: Iterable[tuple[Any, ...]] = connection.execute("DESCRIBE annotations").fetchall()
    return [
        name
        for name, kind, *_ in described
        if name != "trace_id" and not any(mark in kind for mark in _NESTED)
    ]


def _sample(row: Mapping[str, Any]) -> Sample:
    verdict = row["v"]
    return Sample(
        problem=tables.from_row(Problem, _present(row["p"])),
        trace=tables.from_row(Trace, _present(row["t"])),
        verdict=tables.from_row(Verdict, verdict) if verdict and verdict["trace_id"] else None,
        kept=row["d"]["kept"],
        rules=tuple(row["d"]["rules"]),
        scores={n: v for n, v in row["a"].items() if n != "trace_id" and v is not None},
    )


def _present(row: Mapping[str, Any]) -> dict[str, Any]:
    """The row without nulls: columns that older parts lack take their defaults."""
    return {name: value for name, value in row.items() if value is not None}
