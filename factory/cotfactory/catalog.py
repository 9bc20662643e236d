"""The SQL views over a run, and the catalog file that holds them (docs/queries.md)."""

import shutil
import tempfile
from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import get_args

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq

from cotfactory.errors import CotfactoryError
from cotfactory.sql import database, literal, quoted
from cotfactory.store import atomic
from cotfactory.store.parts import TABLES
from cotfactory.store.run import Run
from cotfactory_filters.layout import raw_sql
from cotfactory_schemas import tables
from cotfactory_schemas.split import SplitName

CATALOG_FILE = "catalog.duckdb"


def write_catalog(run: Run) -> Path:
    """Writes catalog.duckdb with a view for each table of the run; it holds no data of its own.

    The views name the parts that are committed now by their absolute paths: write it again when
    the run has grown or has been moved.
    """
    path = run.path / CATALOG_FILE
    # DuckDB takes a "?" in the path of its own file for the start of options: make it elsewhere.
    with tempfile.TemporaryDirectory() as folder, atomic.writing(path) as temporary:
        made = Path(folder, CATALOG_FILE)
        with duckdb.connect(str(made)) as connection:
            create_views(connection, views(run))
        shutil.copyfile(made, temporary)
    return path


def connect(run: Run) -> duckdb.DuckDBPyConnection:
    """Opens an in-memory database with the run's views, for our own SQL."""
    connection = database()
    create_views(connection, views(run))
    return connection


def create_views(connection: duckdb.DuckDBPyConnection, selects: Mapping[str, str]) -> None:
    """Creates a view for each name and SELECT."""
    for name, select in selects.items():
        connection.execute(f"CREATE VIEW {quoted(name)} AS {select}")


def views(run: Run) -> dict[str, str]:
    """Returns the SELECT of each view by name; stations that have not run give empty views."""
    return {
        "problems": _over(TABLES["problems"], run.parts("problems")),
        "traces": _over(TABLES["traces"], run.parts("traces"), {"raw": raw_sql()}),
        "verdicts": _newest(run, "verdicts", "trace_id"),
        "outcomes": _newest(run, "outcomes", "problem_id, teacher"),
        "annotations": _annotations(run),
        "decisions": _over(tables.DECISIONS, derived_files(run, "decisions")),
        "splits": _over(tables.SPLITS, _split_files(run)),
    }


def stored_traces(parts: Sequence[Path]) -> str:
    """Returns the SELECT of the traces in some parts as they are stored, some without raw text."""
    return _over(TABLES["traces"], parts)


def derived_files(run: Run, folders: str) -> list[Path]:
    """The Parquet files in the run's folders that match a glob; temporary files are left out."""
    return sorted(p for p in run.path.glob(f"{folders}/*.parquet") if not p.name.startswith("."))


def files_read(run: Run) -> list[Path]:
    """Every file that the views read."""
    committed = [part for table in TABLES for part in run.parts(table)]
    annotated = [file for files in annotated_parts(run).values() for file in files]
    derived = derived_files(run, "decisions") + _split_files(run)
    return [file.resolve() for file in committed + annotated + derived]


def _split_files(run: Run) -> list[Path]:
    """The splits that share one schema; preference pairs have another."""
    return [file for name in get_args(SplitName) for file in derived_files(run, f"splits/{name}")]


# Parts are named by number, so the last row of the last file is the newest.
_PLACE = {"part_": "filename", "row_": "file_row_number"}


def _over(
    schema: pa.Schema, files: Sequence[Path], computed: Mapping[str, str] | None = None
) -> str:
    """Selects the columns of `schema` from `files`; what a file lacks is null.

    `computed` replaces columns by expressions, or adds some.
    """
    columns = {name: quoted(name) for name in schema.names} | dict(computed or {})
    wanted = ", ".join(f"{expression} AS {quoted(name)}" for name, expression in columns.items())
    rows = _no_rows(schema)
    if files:
        rows += f" UNION ALL BY NAME SELECT * FROM {_parquet(files)}"
    elif computed:
        rows = f"SELECT *, '' AS filename, 0 AS file_row_number FROM ({rows})"
    return f"SELECT {wanted} FROM ({rows})"


def _parquet(files: Iterable[Path]) -> str:
    paths = ", ".join(literal(str(file.resolve())) for file in files)
    return f"read_parquet([{paths}], union_by_name=true, filename=true, file_row_number=true)"


@cache
def _no_rows(schema: pa.Schema) -> str:
    with database() as connection:
        types = connection.from_arrow(schema.empty_table()).types
    nulls = (
        f"CAST(NULL AS {type_}) AS {quoted(name)}"
        for name, type_ in zip(schema.names, types, strict=True)
    )
    return f"SELECT {', '.join(nulls)} WHERE false"


def _newest(run: Run, table: str, key: str) -> str:
    """Of several rows with one key, the last of the last part."""
    rows = _over(TABLES[table], run.parts(table), _PLACE)
    return (
        f"SELECT * EXCLUDE (part_, row_) FROM ({rows}) "
        f"QUALIFY row_number() OVER (PARTITION BY {key} ORDER BY part_ DESC, row_ DESC) = 1"
    )


def annotated_parts(run: Run) -> dict[str, list[Path]]:
    """The annotation files of each annotator, in the order of the trace parts they belong to."""
    names = [part.name for part in run.parts("traces")]
    folders = sorted(p for p in run.path.glob("annotations/*") if p.is_dir())
    found = {f.name: [f / name for name in names if (f / name).exists()] for f in folders}
    return {annotator: files for annotator, files in found.items() if files}


def annotations_of(run: Run, annotator: str) -> str | None:
    """The SELECT of what one annotator measured; None unless it has measured every trace."""
    files = annotated_parts(run).get(annotator)
    every = files is not None and len(files) == len(run.parts("traces"))
    return f"SELECT * FROM {_parquet(files)}" if files and every else None


def _annotations(run: Run) -> str:
    """One row for each trace; what an annotator has not measured is null."""
    parts = run.parts("traces")
    columns = ["t.trace_id"]
    joins = ""
    for number, (annotator, files) in enumerate(annotated_parts(run).items()):
        names = [name for name in _column_names(files[-1]) if name != "trace_id"]
        columns += [f"a{number}.{quoted(n)} AS {quoted(f'{annotator}_{n}')}" for n in names]
        joins += f" LEFT JOIN {_parquet(files)} a{number} USING (trace_id)"
    traces = _over(pa.schema([TABLES["traces"].field("trace_id")]), parts)
    return f"SELECT {', '.join(columns)} FROM ({traces}) t{joins}"


def _column_names(file: Path) -> list[str]:
    try:
        return list(pq.read_schema(file).names)
    except (OSError, pa.ArrowInvalid) as error:
        raise CotfactoryError(
            f"{file}: is not readable Parquet ({error}). Delete it and run: cotfactory filter RUN"
        ) from error
