"""Names what the splits are made from, so that they are not built again from the same."""

import hashlib
from collections.abc import Iterator
from pathlib import Path

import pyarrow.parquet as pq

from cotfactory.catalog import annotated_parts, derived_files
from cotfactory.splits.written import WRITTEN_FOLDER
from cotfactory.store.parts import TABLES
from cotfactory.store.run import Run
from cotfactory_schemas.ids import content_id

VERSION = 1
"""Raise it when the same run would give other rows."""

_SECTIONS = {"seed", "splits", "teacher", "verify"}


def inputs_of(run: Run) -> str:
    """Returns an id that changes when a build of the splits could give other rows."""
    said = run.recipe.model_dump(mode="json", include=_SECTIONS)
    files = sorted(f"{path.relative_to(run.path)} {mark}" for path, mark in _marks(run))
    return content_id("splits", VERSION, said, *files)


def _marks(run: Run) -> Iterator[tuple[Path, str]]:
    # A committed part never changes; the size tells a run apart that was made anew in its place.
    for part in (part for table in TABLES for part in run.parts(table)):
        yield part, str(part.stat().st_size)
    for file in (file for files in annotated_parts(run).values() for file in files):
        yield file, f"{file.stat().st_size} {pq.read_schema(file).metadata}"
    read = [run.path / "dedup" / "state.json", *derived_files(run, "decisions")]
    for file in (*read, *derived_files(run, WRITTEN_FOLDER)):
        if file.exists():
            yield file, hashlib.sha256(file.read_bytes()).hexdigest()
