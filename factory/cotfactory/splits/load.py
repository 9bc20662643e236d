"""Reads a run as groups: problem by problem, with all that is known of each sample.

The samples of a problem lie far apart in a run. Their text is read once, part by part, and put
into buckets of neighbouring problems on disk; then one bucket at a time is sorted in memory.
"""

import itertools
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from cotfactory import catalog
from cotfactory.errors import CotfactoryError
from cotfactory.splits.group import Group, Sample
from cotfactory.splits.partition import part_of
from cotfactory.sql import database, literal, quoted
from cotfactory.store.run import Run
from cotfactory_filters import layout
from cotfactory_schemas import Problem, Trace, Verdict, tables

BATCH_ROWS = 256
BUCKET_BYTES = 64 << 20  # of text; one bucket is held at a time
MEMORY_LIMIT = "2GB"  # what DuckDB may hold; beyond it, it uses the scratch folder
THREADS = 2  # each holds buffers of its own, and Python takes most of the time
_ORDER = ("problem_id", "sample", "trace_id")
_NESTED = ("[", "STRUCT", "MAP", "BLOB")


def groups(run: Run, scratch: Path) -> Iterator[Group]:
    """Yields the groups in the order of their problem_id; `scratch` is an empty folder.

    The order, and with it the splits, does not depend on how the run was sharded or resumed.

    Raises:
        CotfactoryError: a trace has no decision yet.
    """
    wanted = {name: select for name, select in catalog.views(run).items() if name != "splits"}
    with database() as connection:
        catalog.create_views(connection, wanted)  # the former splits may be damaged: not read
        connection.execute(f"SET temp_directory = {literal(str(scratch / 'duckdb'))}")
        connection.execute(f"SET memory_limit = {literal(MEMORY_LIMIT)}")
        connection.execute(f"SET threads = {THREADS}")
        _check_decided(run, connection)
        buckets = _fill_buckets(run, connection, scratch)
        rows = itertools.chain.from_iterable(_bucket(connection, scratch, b) for b in buckets)
        for problem_id, of_problem in itertools.groupby(rows, lambda row: row["t"]["problem_id"]):
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


def _fill_buckets(run: Run, connection: duckdb.DuckDBPyConnection, scratch: Path) -> range:
    """Writes every sample into the bucket of its problem; returns the buckets' numbers.

    A struct column for each table keeps their equal column names apart: trace `t`, verdict `v`,
    decision `d`, scores `a`.
    """
    parts = run.parts("traces")
    count = max(1, -(-sum(_text_bytes(part) for part in parts) // BUCKET_BYTES))
    for name in ("verdicts", "decisions", "annotations"):
        connection.execute(f"CREATE TEMP TABLE known_{name} AS SELECT * FROM {name}")  # noqa: S608 - constants
    connection.execute(
        "CREATE TEMP TABLE buckets AS SELECT problem_id, ntile(?) OVER (ORDER BY problem_id) AS "
        "bucket FROM (SELECT DISTINCT problem_id FROM traces)",
        [count],
    )
    scores = "".join(f", {literal(name)}: a.{quoted(name)}" for name in _score_names(connection))
    for number, part in enumerate(parts):
        target = literal(str(scratch / f"part-{number}"))
        connection.execute(
            f"COPY (SELECT t, v, d, {{'trace_id': t.trace_id{scores}}} AS a, bucket "  # noqa: S608 - quoted
            f"FROM ({catalog.stored_traces([part])}) t JOIN buckets USING (problem_id) "
            "JOIN known_decisions d USING (trace_id) LEFT JOIN known_verdicts v USING (trace_id) "
            f"LEFT JOIN known_annotations a USING (trace_id)) TO {target} "
            "(FORMAT parquet, PARTITION_BY (bucket), COMPRESSION lz4)"
        )
    return range(1, count + 1)


def _text_bytes(part: Path) -> int:
    footer = pq.read_metadata(part)
    return sum(footer.row_group(i).total_byte_size for i in range(footer.num_row_groups))


def _bucket(
    connection: duckdb.DuckDBPyConnection, scratch: Path, number: int
) -> Iterator[Mapping[str, Any]]:
    """Yields the samples of a bucket, in order, each with its problem `p`."""
    files = sorted(scratch.glob(f"part-*/bucket={number}/*.parquet"))
    if not files:
        return
    problems = connection.execute(
        "SELECT p FROM problems p SEMI JOIN buckets b "
        "ON p.problem_id = b.problem_id AND b.bucket = ?",
        [number],
    )
    by_id = {row["problem_id"]: row for (row,) in problems.fetchall()}
    # Arrow sorts the ids alone and takes rows in batches; DuckDB would copy the text to sort it.
    held = pa.concat_tables(pq.read_table(file, partitioning=None) for file in files)
    held = held.combine_chunks()
    keys = pa.table({name: pc.struct_field(held["t"], name) for name in _ORDER})
    order = pc.sort_indices(keys, sort_keys=[(name, "ascending") for name in _ORDER])
    for start in range(0, len(order), BATCH_ROWS):
        for row in held.take(order[start : start + BATCH_ROWS]).to_pylist():
            yield {**row, "p": by_id[row["t"]["problem_id"]]}


def _score_names(connection: duckdb.DuckDBPyConnection) -> list[str]:
    """The annotation columns that are numbers, flags or short texts; signatures are none."""
    described: list[tuple[Any, ...]] = connection.execute("DESCRIBE annotations").fetchall()
    return [
        name
        for name, kind, *_ in described
        if name != "trace_id" and not any(mark in kind for mark in _NESTED)
    ]


def _sample(row: Mapping[str, Any]) -> Sample:
    verdict, trace = row["v"], row["t"]
    if trace["raw"] is None:  # put together here: in the buckets it would double the text
        trace["raw"] = layout.compose(trace["layout"], trace["reasoning"], trace["response"])
    return Sample(
        problem=tables.from_row(Problem, _present(row["p"])),
        trace=tables.from_row(Trace, _present(trace)),
        verdict=tables.from_row(Verdict, verdict) if verdict and verdict["trace_id"] else None,
        kept=row["d"]["kept"],
        rules=tuple(row["d"]["rules"]),
        scores={n: v for n, v in row["a"].items() if n != "trace_id" and v is not None},
    )


def _present(row: Mapping[str, Any]) -> dict[str, Any]:
    """The row without nulls: columns that older parts lack take their defaults."""
    return {name: value for name, value in row.items() if value is not None}
