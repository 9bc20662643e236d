"""Puts the samples of a problem together: into buckets of neighbouring problems, on disk.

The samples of a problem lie far apart in a run. Their text is read once, part by part, and appended
to the files of their buckets; then one bucket at a time fits into memory. What is small (problems,
verdicts, decisions) is sorted into the same buckets by DuckDB.
"""

import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

import duckdb
import polars as pl
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from cotfactory import catalog
from cotfactory.errors import CotfactoryError
from cotfactory.sql import database, literal
from cotfactory.store.parts import TABLES
from cotfactory.store.run import Run
from cotfactory.workers import Workers

BUCKET_BYTES = 64 << 20  # of text; one bucket is held at a time by each worker
BATCH_ROWS = 2048
MEMORY_LIMIT = "1GB"  # what DuckDB may hold; beyond it, it uses the scratch folder
THREADS = 2
CLAIMS = {"stated": "reflection_stated", "revised": "reflection_revised", "cues": "reflection_cues"}
"""Columns of a bucket, by the annotations that they are."""

_COMPRESSED = pa.ipc.IpcWriteOptions(compression="lz4")
_KNOWN, _PROBLEMS, _TEXT = "known", "problems", "text"
_SMALL: Mapping[str, str] = {
    _PROBLEMS: "SELECT p, bucket FROM problems p JOIN buckets USING (problem_id)",
    _KNOWN: "SELECT t.trace_id, v, d.kept, d.rules, bucket FROM ids t "
    "JOIN buckets USING (problem_id) JOIN decisions d USING (trace_id) "
    "LEFT JOIN verdicts v USING (trace_id)",
}
"""What DuckDB sorts into buckets; a struct column for each table keeps equal names apart."""

Progress = Callable[[int], None]


class _PartTask(NamedTuple):
    """A trace part; `firsts` are the first problem_ids of all buckets but the first."""

    part: Path
    annotations: Mapping[str, pa.Schema]
    firsts: Sequence[str]
    scratch: Path


def buckets_of(run: Run) -> int:
    """Into how many buckets the text of a run goes."""
    return max(1, -(-sum(map(_text_bytes, run.parts("traces"))) // BUCKET_BYTES))


def shuffle(run: Run, scratch: Path, workers: Workers, progress: Progress) -> None:
    """Fills the buckets of a run below `scratch`, an empty folder; they are numbered from 1.

    `progress` is told how many traces more have been put into theirs.

    Raises:
        CotfactoryError: a trace has no decision yet.
    """
    parts = run.parts("traces")
    firsts = _fill_small(run, buckets_of(run), scratch)
    (scratch / _TEXT).mkdir()
    task = partial(_PartTask, annotations=_schemas(run), firsts=firsts, scratch=scratch)
    for rows in workers.each(_fill_text, [task(part) for part in parts]):
        progress(rows)


def _fill_small(run: Run, count: int, scratch: Path) -> list[str]:
    """Writes what is known of samples and problems into buckets; returns where these start."""
    views = catalog.views(run)
    del views["splits"]  # the former ones may be damaged
    with database() as connection:
        catalog.create_views(connection, views)
        connection.execute(f"SET temp_directory = {literal(str(scratch / 'duckdb'))}")
        connection.execute(f"SET memory_limit = {literal(MEMORY_LIMIT)}")
        connection.execute(f"SET threads = {THREADS}")
        connection.execute("CREATE TEMP TABLE ids AS SELECT problem_id, trace_id FROM traces")
        _check_decided(run, connection)
        connection.execute(
            "CREATE TEMP TABLE buckets AS SELECT problem_id, ntile(?) OVER (ORDER BY problem_id) "
            "AS bucket FROM (SELECT DISTINCT problem_id FROM ids)",
            [count],
        )
        for name, select in _SMALL.items():
            target = literal(str(scratch / name))
            connection.execute(
                f"COPY ({select}) TO {target} (FORMAT parquet, PARTITION_BY (bucket))"
            )
        found = connection.execute(
            "SELECT min(problem_id) FROM buckets GROUP BY bucket ORDER BY bucket OFFSET 1"
        ).fetchall()
    return [first for (first,) in found]


def _check_decided(run: Run, connection: duckdb.DuckDBPyConnection) -> None:
    found = connection.execute(
        "SELECT count(*) FROM ids ANTI JOIN decisions USING (trace_id)"
    ).fetchone()
    if found and found[0]:
        raise CotfactoryError(
            f"{run.path}: {found[0]} traces have no decision. Make them with: cotfactory filter RUN"
        )


def _text_bytes(part: Path) -> int:
    footer = pq.read_metadata(part)
    return sum(footer.row_group(i).total_byte_size for i in range(footer.num_row_groups))


def _schemas(run: Run) -> dict[str, pa.Schema]:
    """The columns of each annotator's newest file."""
    return {name: pq.read_schema(files[-1]) for name, files in catalog.annotated_parts(run).items()}


def _fill_text(task: _PartTask) -> int:
    """Appends the traces of a part, with their scores and claims, to the files of their buckets."""
    beside = _annotated(task)
    file, done = pq.ParquetFile(task.part), 0
    for batch in file.iter_batches(BATCH_ROWS):
        rows = pa.Table.from_batches([batch])
        held = _conformed(rows, TABLES["traces"]).combine_chunks()
        for name, column in beside.items():
            held = held.append_column(name, column.slice(done, len(held)))
        _append(held, task)
        done += len(held)
    return done


def _annotated(task: _PartTask) -> dict[str, pa.Array]:
    """The scores of the part's traces as one struct column, and what their thoughts claim."""
    ids = pq.read_table(task.part, columns=["trace_id"])["trace_id"].combine_chunks()
    columns: dict[str, pa.Array] = {}
    for annotator, schema in task.annotations.items():
        file = task.part.parent.parent / "annotations" / annotator / task.part.name
        found = _beside(ids, file, schema)
        columns |= {f"{annotator}_{name}": found[name] for name in schema.names}
    scores = {n: c for n, c in sorted(columns.items()) if _is_score(n, c.type)}
    claims = {name: columns[of] for name, of in CLAIMS.items() if of in columns}
    return {"scores": _struct(scores, len(ids)), **claims}


def _beside(ids: pa.Array, file: Path, schema: pa.Schema) -> dict[str, pa.Array]:
    """The annotations in `file` in the order of `ids`; null where there are none."""
    if not file.exists():
        return {field.name: pa.nulls(len(ids), field.type) for field in schema}
    found = _conformed(pq.read_table(file), schema).combine_chunks()
    if not found["trace_id"].combine_chunks().equals(ids):
        found = found.take(pc.index_in(ids, value_set=found["trace_id"].combine_chunks()))
    return {name: found[name].combine_chunks() for name in schema.names}


def _is_score(name: str, kind: pa.DataType) -> bool:
    """Numbers, flags and short texts; neither ids nor signatures nor passages."""
    binary = pa.types.is_binary(kind) or pa.types.is_large_binary(kind)
    return not (name.endswith("_trace_id") or pa.types.is_nested(kind) or binary)


def _struct(columns: Mapping[str, pa.Array], rows: int) -> pa.Array:
    if not columns:
        return pa.nulls(rows, pa.struct([]))
    return pa.StructArray.from_arrays(list(columns.values()), list(columns))


def _conformed(table: pa.Table, schema: pa.Schema) -> pa.Table:
    """The columns of `schema`; one that a table of an older version lacks is null."""
    held = set(table.column_names)
    return pa.table(
        {
            field.name: table[field.name].cast(field.type)
            if field.name in held
            else pa.nulls(len(table), field.type)
            for field in schema
        }
    )


def _append(rows: pa.Table, task: _PartTask) -> None:
    """Appends rows to their buckets' files; each process has files of its own."""
    places = pl.Series(task.firsts, dtype=pl.String).search_sorted(
        pl.Series(rows["problem_id"]), side="right"
    )
    order = places.arg_sort().to_numpy()
    held = rows.take(pa.array(order))
    sizes = places.value_counts().sort(places.name)
    start = 0
    for place, size in sizes.iter_rows():
        path = task.scratch / _TEXT / f"{place + 1}-{os.getpid()}"
        with (
            path.open("ab") as file,
            pa.ipc.new_stream(file, held.schema, options=_COMPRESSED) as writer,
        ):
            writer.write_table(held.slice(start, size))
        start += size


class Bucket(NamedTuple):
    """What a bucket holds: samples with their text, what is known of each, and their problems."""

    text: pa.Table
    known: Mapping[str, Mapping[str, Any]]
    problems: Mapping[str, Mapping[str, Any]]


def read_bucket(scratch: Path, number: int) -> Bucket | None:
    """Reads a bucket; None where it holds nothing."""
    streams = [s for p in sorted((scratch / _TEXT).glob(f"{number}-*")) for s in _streams(p)]
    if not streams:
        return None
    known = _small(scratch / _KNOWN, number)
    problems = (row["p"] for row in _small(scratch / _PROBLEMS, number))
    return Bucket(
        text=pa.concat_tables(streams).combine_chunks(),
        known={row["trace_id"]: row for row in known},
        problems={row["problem_id"]: row for row in problems},
    )


def _small(folder: Path, number: int) -> list[dict[str, Any]]:
    files = sorted((folder / f"bucket={number}").glob("*.parquet"))
    return [row for file in files for row in pl.read_parquet(file).to_dicts()]


def _streams(path: Path) -> Iterator[pa.Table]:
    """Yields the streams that were appended to a file, one after the other."""
    with pa.memory_map(str(path)) as source:
        while source.tell() < source.size():
            with pa.ipc.open_stream(source) as reader:
                yield reader.read_all()
