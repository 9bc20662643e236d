"""The files of a dataset: shards under names that loaders know, a manifest, checksums."""

import hashlib
import json
import os
import re
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq

from cotfactory.catalog import derived_files
from cotfactory.errors import CotfactoryError
from cotfactory.store.run import Run

MANIFEST, SUMS, CARD, RECIPE = "manifest.json", "SHA256SUMS", "README.md", "recipe.yaml"
MANIFEST_FORMAT = "cotfactory-dataset-1"
CONFIG_ORDER = ("shortcut", "journey", "preference", "rejected")
PARTS = ("train", "test")
_SAFE_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]*")  # names become paths and YAML keys
_SHARD = re.compile(r"(?P<part>train|test)-\d{5}\.parquet")


@dataclass(frozen=True)
class Shards:
    """One part of one config: its shards in the run, in order, and their sizes.

    `text_bytes` is the size before compression.
    """

    config: str
    part: str
    files: tuple[Path, ...]
    rows: int
    disk_bytes: int
    text_bytes: int

    @property
    def names(self) -> list[str]:
        """The shards' paths in the dataset."""
        return [
            f"data/{self.config}/{self.part}-{i:05d}-of-{len(self.files):05d}.parquet"
            for i in range(len(self.files))
        ]


def find_shards(run: Run) -> list[Shards]:
    """The shards that the recipe publishes; parts without rows are left out.

    Raises:
        CotfactoryError: there is nothing to publish.
    """
    found = []
    for config in _configs(run):
        files = derived_files(run, f"splits/{config}")
        for part in PARTS:
            shards = _shards(config, part, [f for f in files if _part(f) == part])
            found += [shards] if shards.rows else []
    if not found:
        raise CotfactoryError(
            f"{run.path}: no row to publish. Build the splits with: cotfactory filter {run.path} "
            f"(why traces were rejected: cotfactory report {run.path})"
        )
    return found


def _configs(run: Run) -> list[str]:
    folders = [p.name for p in run.path.glob("splits/*") if p.is_dir()]
    names = [n for n in folders if _SAFE_NAME.fullmatch(n)]
    if not run.recipe.publish.rejected:
        names = [n for n in names if n != "rejected"]
    return [n for n in CONFIG_ORDER if n in names] + sorted(set(names) - set(CONFIG_ORDER))


def _part(file: Path) -> str:
    match = _SHARD.fullmatch(file.name)
    return match["part"] if match else ""


def _shards(config: str, part: str, files: list[Path]) -> Shards:
    footers = [pq.read_metadata(file) for file in files]
    filled = [
        (file, footer) for file, footer in zip(files, footers, strict=True) if footer.num_rows
    ]
    groups = [footer.row_group(i) for _, footer in filled for i in range(footer.num_row_groups)]
    return Shards(
        config,
        part,
        tuple(file for file, _ in filled),
        rows=sum(footer.num_rows for _, footer in filled),
        disk_bytes=sum(file.stat().st_size for file, _ in filled),
        text_bytes=sum(group.total_byte_size for group in groups),
    )


def sha256(path: Path) -> str:
    """The file's SHA-256 in hex."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def seal(folder: Path, about: Mapping[str, Any]) -> str:
    """Writes the manifest of `folder` and its SHA256SUMS; returns the manifest's hash."""
    paths = sorted(p for p in folder.rglob("*") if p.is_file())
    listed = {
        p.relative_to(folder).as_posix(): {"bytes": p.stat().st_size, "sha256": sha256(p)}
        for p in paths
    }
    manifest = {"format": MANIFEST_FORMAT, **about, "files": listed}
    text = json.dumps(manifest, indent=2, ensure_ascii=False, sort_keys=True) + "\n"
    (folder / MANIFEST).write_text(text, encoding="utf-8")
    digest = sha256(folder / MANIFEST)
    sums = {name: entry["sha256"] for name, entry in listed.items()} | {MANIFEST: digest}
    lines = [f"{each}  {name}\n" for name, each in sorted(sums.items())]
    (folder / SUMS).write_text("".join(lines), encoding="utf-8")
    return digest


def same(built: Path, there: Path) -> bool:
    """Says whether `there` holds the very files of `built`."""
    theirs = there / SUMS
    if not theirs.is_file() or theirs.read_bytes() != (built / SUMS).read_bytes():
        return False
    names = [p.relative_to(built) for p in built.rglob("*") if p.is_file()]
    return all(
        (there / n).is_file() and (there / n).stat().st_size == (built / n).stat().st_size
        for n in names
    )


def is_dataset(folder: Path) -> bool:
    """Says whether `folder` is a dataset that we wrote."""
    try:
        manifest = json.loads((folder / MANIFEST).read_text("utf-8"))
    except (OSError, ValueError):
        return False
    return isinstance(manifest, dict) and manifest.get("format") == MANIFEST_FORMAT


def link_or_copy(source: str, target: str) -> None:
    """Shares the data where the file system can: shards are replaced, never changed."""
    try:
        os.link(source, target)
    except OSError:
        shutil.copyfile(source, target)
