"""Annotates one trace part: what a worker process does."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any, NamedTuple

import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq

from cotfactory.errors import CotfactoryError
from cotfactory.store import atomic
from cotfactory_filters import layout
from cotfactory_filters.annotate import INPUT_COLUMNS, REGISTRY, Annotator, make_annotators
from cotfactory_schemas import tables
from cotfactory_schemas.ids import content_id

BATCH_BYTES = 16 << 20  # text held at once by a worker; larger batches cost more page faults
BATCH_ROWS = 2048
MAX_FAILURES = 100  # more bad rows in one part mean that the annotator is bad
_KEY = b"cotfactory.key"
_PROBLEM_COLUMNS = tuple(n for n in INPUT_COLUMNS if n not in tables.TRACES.names)
_RAW_SOURCES = ("raw", "layout", "reasoning", "response")


class PartTask(NamedTuple):
    """A trace part, and the annotators to run on it with their settings."""

    run: Path
    part: Path
    problems: tuple[Path, ...]
    annotators: Mapping[str, dict[str, Any]]


class Failure(NamedTuple):
    """One trace on which an annotator raised."""

    annotator: str
    trace_id: str
    error: str

    def __str__(self) -> str:
        return f"{self.annotator} failed on trace {self.trace_id}: {self.error}"


class PartResult(NamedTuple):
    """A part that is done."""

    part: Path
    failures: tuple[Failure, ...]


def annotation_path(run: Path, annotator: str, part: Path) -> Path:
    """Where the annotations of a trace part stand."""
    return run / "annotations" / annotator / part.name


def stale(run: Path, part: Path, annotators: Sequence[Annotator[Any]]) -> list[Annotator[Any]]:
    """Returns the annotators whose values for `part` are missing or made by other means."""
    stored = {a.name: _stored_key(annotation_path(run, a.name, part)) for a in annotators}
    return [a for a in annotators if stored[a.name] != _key(a, part)]


def annotate_part(task: PartTask) -> PartResult:
    """Measures one part and writes one file for each annotator, each whole or not at all.

    Raises:
        CotfactoryError: an annotator fails on more than single rows, or returns another shape
            than it declares.
    """
    others: dict[str, Any] = dict.fromkeys(REGISTRY.shipped)
    annotators = make_annotators({**others, **task.annotators})
    failures: list[Failure] = []
    with ExitStack() as stack:
        writers = [_writer(stack, task, annotator) for annotator in annotators]
        for batch in batches(task, annotators):
            for annotator, writer in zip(annotators, writers, strict=True):
                measured = _measured(annotator, batch, failures)
                writer.write_table(_arrow(measured))
            _check_failures(failures, task.part)
    return PartResult(task.part, tuple(failures))


def _key(annotator: Annotator[Any], part: Path) -> str:
    # Committed parts never change; the size tells a run apart that was made anew in its place.
    return content_id(annotator.fingerprint, part.name, part.stat().st_size)


def _stored_key(path: Path) -> str | None:
    try:
        metadata = pq.read_schema(path).metadata or {}
    except (OSError, pa.ArrowInvalid):
        return None
    key = metadata.get(_KEY)
    return key.decode() if key else None


def _writer(stack: ExitStack, task: PartTask, annotator: Annotator[Any]) -> pq.ParquetWriter:
    path = annotation_path(task.run, annotator.name, task.part)
    schema = _arrow(pl.DataFrame(schema={"trace_id": pl.String(), **annotator.schema})).schema
    temporary = stack.enter_context(atomic.writing(path))
    keyed = schema.with_metadata({_KEY: _key(annotator, task.part).encode()})
    return stack.enter_context(pq.ParquetWriter(temporary, keyed, compression="zstd"))


def _arrow(frame: pl.DataFrame) -> pa.Table:
    return frame.to_arrow(compat_level=pl.CompatLevel.oldest())


def batches(task: PartTask, annotators: Sequence[Annotator[Any]]) -> Iterator[pl.DataFrame]:
    """Yields the part's rows with their problems' columns, a bounded number of bytes at a time."""
    wanted = {"trace_id", "problem_id", *(name for a in annotators for name in a.reads)}
    columns = sorted(wanted.difference(_PROBLEM_COLUMNS))
    if "raw" in wanted:
        columns = sorted({*columns, *_RAW_SOURCES})
    problems = _problems(task, sorted(wanted.intersection(_PROBLEM_COLUMNS)))
    for batch in _read(task.part, columns):
        if "raw" in wanted:
            batch = batch.with_columns(layout.raw_expression())  # noqa: PLW2901 - the same rows
        yield batch.join(problems, on="problem_id", how="left", maintain_order="left")


def rows_of(part: Path) -> int:
    """Returns how many traces a part holds.

    Raises:
        CotfactoryError: it is damaged.
    """
    with _reading(part):
        return int(pq.read_metadata(part).num_rows)


def _read(part: Path, columns: list[str]) -> Iterator[pl.DataFrame]:
    with _reading(part):
        file = pq.ParquetFile(part)
        for batch in file.iter_batches(_batch_rows(file.metadata), columns=columns):
            yield pl.DataFrame(batch)


@contextmanager
def _reading(part: Path) -> Iterator[None]:
    try:
        yield
    except (OSError, pa.ArrowInvalid) as error:
        reason = " ".join(str(error).split())
        raise CotfactoryError(
            f"{part}: is damaged ({reason}). Restore it from a copy; the run cannot be trusted "
            "without it."
        ) from error


def _batch_rows(metadata: pq.FileMetaData) -> int:
    groups = range(metadata.num_row_groups)
    total = sum(int(metadata.row_group(i).total_byte_size) for i in groups)
    row_bytes = total // max(1, int(metadata.num_rows)) + 1
    return max(1, min(BATCH_ROWS, BATCH_BYTES // row_bytes))


def _problems(task: PartTask, columns: Sequence[str]) -> pl.DataFrame:
    """Returns the problems of the part's traces, with the columns that annotators asked for."""
    with _reading(task.part):
        asked = pl.DataFrame(pq.read_table(task.part, columns=["problem_id"])).lazy().unique()
    if not task.problems:
        nothing = [pl.lit(None, INPUT_COLUMNS[name]).alias(name) for name in columns]
        return asked.with_columns(nothing).collect()
    problems = pl.scan_parquet([*task.problems]).select("problem_id", *columns)
    return problems.join(asked, on="problem_id", how="semi").unique("problem_id").collect()


def _measured(
    annotator: Annotator[Any], batch: pl.DataFrame, failures: list[Failure]
) -> pl.DataFrame:
    """Measures a batch; where that fails, its halves, so that a bad row costs no other row."""
    try:
        columns = annotator.annotate(batch.select(annotator.reads))
    except (Exception, pl.exceptions.PanicException) as error:  # noqa: BLE001 - plugins raise all
        if batch.height > 1 and len(failures) < MAX_FAILURES:
            half = batch.height // 2
            halves = batch[:half], batch[half:]
            return pl.concat([_measured(annotator, part, failures) for part in halves])
        failures.extend(
            Failure(annotator.name, trace_id, f"{type(error).__name__}: {error}")
            for trace_id in batch["trace_id"]
        )
        columns = pl.DataFrame(schema=pl.Schema(annotator.schema)).clear(batch.height)
    if columns.height != batch.height or set(columns.columns) != set(annotator.schema):
        raise CotfactoryError(
            f"annotator {annotator.name!r}: returned {columns.height} rows of "
            f"{sorted(columns.columns)} for {batch.height} traces; its schema declares "
            f"{sorted(annotator.schema)}"
        )
    return columns.cast(pl.Schema(annotator.schema)).select(batch["trace_id"], *annotator.schema)


def _check_failures(failures: Sequence[Failure], part: Path) -> None:
    if len(failures) >= MAX_FAILURES:
        raise CotfactoryError(
            f"{part}: {len(failures)} failures, the last: {failures[-1]}. Mend the annotator, or "
            f"switch it off: --set filter.annotators.{failures[-1].annotator}=null"
        )
