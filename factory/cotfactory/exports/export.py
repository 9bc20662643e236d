"""Writes the splits of a run as the files of one trainer."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from cotfactory.catalog import derived_files
from cotfactory.errors import CotfactoryError, UsageError
from cotfactory.exports.axolotl import Axolotl
from cotfactory.exports.base import Format, Row, Table
from cotfactory.exports.llamafactory import Alpaca, ShareGpt
from cotfactory.exports.trl import Trl
from cotfactory.store import atomic
from cotfactory.store.run import Run
from cotfactory_schemas.registry import did_you_mean

FORMATS: Mapping[str, Format] = {
    "alpaca": Alpaca(),
    "axolotl": Axolotl(),
    "sharegpt": ShareGpt(),
    "trl": Trl(),
}
CONFIGS = ("shortcut", "journey", "preference")
PARTS = ("train", "test")
BATCH_ROWS = 512


@dataclass(frozen=True)
class ExportSummary:
    """Where the files are, and the tables among them."""

    folder: Path
    tables: tuple[Table, ...]


def export(run: Run, name: str, to: Path) -> ExportSummary:
    """Writes the splits of `run` into the folder `to` in the format `name`, in place of what was.

    Rejected rows are not exported.

    Raises:
        UsageError: there is no such format, or `to` holds something else.
        CotfactoryError: the run has no row to export.
    """
    if name not in FORMATS:
        raise UsageError(f"--format {name}: unknown.{did_you_mean(name, FORMATS)}")
    if to.exists() and not _ours(to):
        raise UsageError(f"{to}: holds other files. Give an empty or a new folder.")
    with atomic.writing_folder(to) as folder:
        tables = [
            table
            for config in CONFIGS
            for part in PARTS
            if (table := _write(run, config, part, (folder, FORMATS[name])))
        ]
        if not tables:
            raise CotfactoryError(
                f"{run.path}: no row to export. Build the splits with: cotfactory filter {run.path}"
            )
        for file_name, text in FORMATS[name].files(tables).items():
            (folder / file_name).write_text(text, encoding="utf-8")
    return ExportSummary(to, tuple(tables))


def _ours(folder: Path) -> bool:
    """Whether everything in a folder may have been written by an earlier export."""
    tables = {f"{config}-{part}.parquet" for config in CONFIGS for part in PARTS}
    beside = {"README.md", "chat_template.jinja", "dataset_info.json", "sft.yaml", "dpo.yaml"}
    return folder.is_dir() and {p.name for p in folder.iterdir()} <= tables | beside


def _write(run: Run, config: str, part: str, into: tuple[Path, Format]) -> Table | None:
    folder, form = into
    files = [f for f in derived_files(run, f"splits/{config}") if f.name.startswith(f"{part}-")]
    paired = config == "preference"
    schema, mapped = (form.pair_schema, form.pair) if paired else (form.schema, form.row)
    rows = 0
    path = folder / Table(config, part, 0).file_name
    with pq.ParquetWriter(path, schema, compression="zstd") as writer:
        for batch in _batches(files):
            made = [mapped(row) for row in batch]
            writer.write_table(pa.Table.from_pylist(made, schema=schema))
            rows += len(made)
    if not rows:
        path.unlink()
        return None
    return Table(config, part, rows)


def _batches(files: list[Path]) -> Iterator[Sequence[Row]]:
    for file in files:
        for batch in pq.ParquetFile(file).iter_batches(BATCH_ROWS):
            yield batch.to_pylist()
