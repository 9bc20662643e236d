"""Parquet parts: written whole, listed in the commit log, checked when listed."""

import logging
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from cotfactory.errors import CotfactoryError
from cotfactory.store import atomic
from cotfactory_schemas import tables

log = logging.getLogger(__name__)

TABLES: Mapping[str, pa.Schema] = {
    "problems": tables.PROBLEMS,
    "traces": tables.TRACES,
    "verdicts": tables.VERDICTS,
    "outcomes": tables.OUTCOMES,
}
ROW_GROUP_ROWS = 2048  # bounds what a reader must hold: about 50 MB of R1-like traces


def part_name(number: int) -> str:
    """The file name of the part that the write-ahead segment `number` became."""
    return f"part-{number:06d}.parquet"


def write_part(run: Path, table: str, number: int, rows: list[dict[str, Any]]) -> dict[str, Any]:
    """Writes rows as a part of `table`; returns its commit log entry."""
    path = run / table / part_name(number)
    with atomic.writing(path) as temporary:
        arrow = pa.Table.from_pylist(rows, schema=TABLES[table])
        pq.write_table(arrow, temporary, compression="zstd", row_group_size=ROW_GROUP_ROWS)
        size = temporary.stat().st_size
    return {"table": table, "file": path.name, "rows": len(rows), "bytes": size}


def check_listed(run: Path, entries: Iterable[Mapping[str, Any]]) -> None:
    """Checks that every committed part is there with the size it was committed with.

    Raises:
        CotfactoryError: a part is missing or has another size.
    """
    for entry in entries:
        path = run / entry["table"] / entry["file"]
        size = path.stat().st_size if path.exists() else None
        if size != entry["bytes"]:
            found = "is missing" if size is None else f"has {size} bytes"
            raise CotfactoryError(
                f"{path}: {found}, but was committed with {entry['bytes']}. "
                "Restore the file from a copy; the run cannot be trusted without it."
            )


def unlisted(run: Path, entries: Iterable[Mapping[str, Any]]) -> list[Path]:
    """Files in the table folders that no commit names, temporary files aside."""
    listed = {run / entry["table"] / entry["file"] for entry in entries}
    found = (path for table in TABLES for path in (run / table).glob("*"))
    return sorted(path for path in found if path not in listed and not path.name.startswith("."))
