"""What is asked of a publication, and what it says of itself."""

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class CommitPlan:
    """The one commit that a publication makes. `parent` is None where the repository is new."""

    parent: str | None
    message: str
    added: tuple[str, ...]
    deleted: tuple[str, ...]


@dataclass(frozen=True)
class Options:
    """`dry_run` writes nothing. The others are for the Hub.

    `over` is the head commit of another's work that may be replaced.
    """

    dry_run: bool = False
    private: bool = False
    revision: str | None = None
    over: str | None = None


@dataclass(frozen=True)
class PublishSummary:
    """What is at `target` now, or would be after a dry run.

    `rows` counts by config and part. `changed` is False when all of it was there already.
    `commit` is the Hub's commit; `plan`, of a dry run, the commit that would be made.
    """

    target: str
    changed: bool
    rows: Mapping[str, Mapping[str, int]]
    bytes: int
    manifest_sha256: str
    files: tuple[str, ...]
    commit: str | None = None
    plan: CommitPlan | None = None
