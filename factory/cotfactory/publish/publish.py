"""`cotfactory publish`: from a run's splits to a dataset that people load."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from cotfactory.errors import UsageError
from cotfactory.publish import dataset
from cotfactory.store.run import Run

HUB_SCHEME = "hf://datasets/"
FOLDER = "dataset"


@dataclass(frozen=True)
class Options:
    """`dry_run` writes nothing. `private` and `revision` are for the Hub."""

    dry_run: bool = False
    private: bool = False
    revision: str | None = None


@dataclass(frozen=True)
class PublishSummary:
    """What is at `target` now, or would be after a dry run.

    `rows` counts by config and part. `changed` is False when all of it was there already.
    `commit` is the Hub's commit.
    """

    target: str
    changed: bool
    rows: Mapping[str, Mapping[str, int]]
    bytes: int
    manifest_sha256: str
    files: tuple[str, ...]
    commit: str | None = None


def publish(
    run: Run, to: str | Path | None = None, options: Options | None = None
) -> PublishSummary:
    """Publishes the splits of a run to a folder, by default `dataset` in the run itself.

    The same run published twice changes nothing.

    Raises:
        UsageError: the target holds something else.
        CotfactoryError: there is no row to publish.
    """
    chosen = options or Options()
    if isinstance(to, str) and "://" in to:
        raise UsageError(f"{to}: no such target. Use a folder or {HUB_SCHEME}ORG/NAME.")
    target = Path(to) if to is not None else run.path / FOLDER
    with dataset.built(run, location=target.name) as ready:
        changed = chosen.dry_run or dataset.place(run, ready, target)
        return PublishSummary(
            target=str(target),
            changed=changed,
            rows=ready.rows,
            bytes=ready.bytes,
            manifest_sha256=ready.manifest_sha256,
            files=tuple(ready.names),
        )
