"""A run on disk: what is in it, and the one writer that adds to it.

Accepted rows go to a write-ahead journal (durable when `append` returns), then into Parquet parts
that a commit log names. A crash at any moment leaves either the journal or the committed part.
"""

import json
import logging
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from importlib.metadata import version
from pathlib import Path
from typing import Any

import yaml

from cotfactory.errors import CotfactoryError
from cotfactory.store import atomic, journal, parts
from cotfactory.store.lock import locked
from cotfactory_filters import layout
from cotfactory_schemas import Outcome, Problem, Recipe, Trace, Verdict, tables

log = logging.getLogger(__name__)

Row = Problem | Trace | Verdict | Outcome
SEGMENT_BYTES = 64 << 20
TABLE_OF: Mapping[type[Row], str] = {
    Problem: "problems",
    Trace: "traces",
    Verdict: "verdicts",
    Outcome: "outcomes",
}


class Run:
    """What a run holds. Any number of readers may look while one writer adds."""

    def __init__(self, path: Path, recipe: Recipe) -> None:
        self.path = path
        self.recipe = recipe
        self._check_log()
        self._commits = [part for entry in journal.read(self._log_path) for part in entry["parts"]]
        parts.check_listed(path, self._commits)

    @classmethod
    def read(cls, path: Path) -> "Run":
        """Opens an existing run for reading.

        Raises:
            CotfactoryError: `path` holds no run, or a committed part is missing.
        """
        recipe_path = path / "recipe.yaml"
        if not recipe_path.is_file():
            raise CotfactoryError(
                f"{path}: no run here (recipe.yaml is missing). "
                "Make one with: cotfactory generate RECIPE --out RUN"
            )
        return cls(path, Recipe.model_validate(yaml.safe_load(recipe_path.read_text("utf-8"))))

    @staticmethod
    @contextmanager
    def open(path: Path, recipe: Recipe | None = None) -> Iterator["RunWriter"]:
        """Opens a run for writing, made new if it is not there, and recovers what a crash left.

        Without `recipe` the run keeps its own; with one, recipe.yaml is written anew.

        Raises:
            CotfactoryError: another process writes it, or it is damaged.
        """
        with locked(path):
            writer = RunWriter(path, recipe or Run.read(path).recipe)
            try:
                yield writer
                writer.roll()
            finally:
                writer.close()

    @property
    def manifest(self) -> dict[str, Any]:
        """What the stations recorded: versions, counts, timings."""
        path = self.path / "manifest.json"
        return dict(json.loads(path.read_text("utf-8"))) if path.exists() else {}

    def parts(self, table: str) -> list[Path]:
        """The committed parts of a table (a name in `parts.TABLES`), oldest first."""
        return [self.path / table / c["file"] for c in self._commits if c["table"] == table]

    def rows(self, table: str) -> int:
        """How many rows the committed parts of `table` hold."""
        return sum(c["rows"] for c in self._commits if c["table"] == table)

    def unlisted(self) -> list[Path]:
        """Files in the table folders that are not the run's own."""
        return parts.unlisted(self.path, self._commits)

    def _segments(self) -> list[Path]:
        return sorted((self.path / "wal").glob("*.wal"))

    def _check_log(self) -> None:
        # A crash tears the last line only, and leaves the segment whose parts it was to name.
        bad, lines = journal.damaged_lines(self._log_path)
        uncommitted = any(segment.stat().st_size for segment in self._segments())
        if bad and not (bad == [lines] and uncommitted):
            raise CotfactoryError(
                f"{self._log_path}:{bad[0]}: the line is damaged, and the parts that it names are "
                "not known without it. Restore the file from a copy."
            )

    @property
    def _log_path(self) -> Path:
        return self.path / "commits.log"


class RunWriter(Run):
    """The one writer of a run; made by `Run.open`."""

    def __init__(self, path: Path, recipe: Recipe) -> None:
        atomic.remove_temporaries(path)
        super().__init__(path, recipe)
        journal.cut_torn_tail(self._log_path)
        text = yaml.safe_dump(recipe.model_dump(mode="json"), sort_keys=False, allow_unicode=True)
        atomic.write_text(path / "recipe.yaml", text)
        self._log = journal.Journal(self._log_path)
        self._recover()
        self._segment = self._new_segment()
        for stranger in self.unlisted():
            log.warning("%s: not part of this run, left alone. Move it away.", stranger)

    def append(self, nouns: Iterable[Row]) -> None:
        """Adds a group of rows; they are durable when this returns."""
        self._segment.append([_entry(noun) for noun in nouns])
        if self._segment.size_bytes >= SEGMENT_BYTES:
            self.roll()

    def roll(self) -> None:
        """Turns what was appended into parts that readers see."""
        full, self._segment = self._segment, self._new_segment()
        full.close()
        self._commit(full.path)

    def record(self, station: str, facts: Mapping[str, Any]) -> None:
        """Writes what a station did into the manifest, in place of what it wrote before."""
        manifest = {**self.manifest, "cotfactory": version("cotfactory"), station: dict(facts)}
        text = json.dumps(manifest, indent=2, ensure_ascii=False, sort_keys=True)
        atomic.write_text(self.path / "manifest.json", text + "\n")

    def close(self) -> None:
        """Closes the journals; what was appended and not rolled is recovered at the next open."""
        self._segment.close()
        self._log.close()

    def _new_segment(self) -> journal.Journal:
        segments = [int(p.stem) for p in self._segments()]
        number = max(*segments, parts.highest_number(self.path), 0) + 1
        return journal.Journal(self.path / "wal" / f"{number:06d}.wal")

    def _recover(self) -> None:
        committed = {c["file"] for c in self._commits}
        for segment in self._segments():
            if parts.part_name(int(segment.stem)) in committed:
                segment.unlink()
            else:
                journal.cut_torn_tail(segment)
                self._commit(segment)

    def _commit(self, segment: Path) -> None:
        written = parts.write_parts(self.path, int(segment.stem), journal.read(segment))
        if written:
            self._log.append([{"parts": written}])
            self._commits += written
        segment.unlink()
        atomic.sync_directory(segment.parent)


def _entry(noun: Row) -> dict[str, Any]:
    row = tables.to_row(noun)
    if isinstance(noun, Trace) and layout.can_restore(noun):
        row["raw"] = None
    return {"table": TABLE_OF[type(noun)], "row": row}
