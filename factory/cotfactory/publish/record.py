"""What a run has published, and where."""

import json
from collections.abc import Mapping
from pathlib import Path

from cotfactory.store import atomic

RECORD = "published.json"


class Record:
    """What this run has published, and meant to: the heads that it may replace."""

    def __init__(self, path: Path, repo: str) -> None:
        self._path, self._repo = path, repo
        self._all: dict[str, dict[str, list[str]]] = (
            json.loads(path.read_text("utf-8")) if path.exists() else {}
        )

    @property
    def commits(self) -> list[str]:
        """Commits that this run made, oldest first."""
        return self._mine.get("commits", [])

    @property
    def manifests(self) -> list[str]:
        """Hashes of the manifests that it published, or set out to."""
        return self._mine.get("manifests", [])

    @property
    def _mine(self) -> Mapping[str, list[str]]:
        return self._all.get(self._repo, {})

    def add(self, commit: str | None, manifest: str) -> None:
        """Adds what is known of one publication, durably; before the commit, only the manifest."""
        entry = {
            "commits": list(dict.fromkeys([*self.commits, *([commit] if commit else [])])),
            "manifests": list(dict.fromkeys([*self.manifests, manifest])),
        }
        if entry != self._mine:
            self._all[self._repo] = entry
            text = json.dumps(self._all, indent=2, sort_keys=True)
            atomic.write_text(self._path, text + "\n")
