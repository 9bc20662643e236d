"""What a Hub holds: repositories whose commits name whole trees of content."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Blob:
    """`claimed` is the hash of content that lies in xet's own store, which `data` does not hold.

    Its size is `claimed_size`.
    """

    data: bytes
    large: bool
    claimed: str | None = None
    claimed_size: int = 0

    @property
    def size(self) -> int:
        return self.claimed_size if self.claimed else len(self.data)

    @property
    def oid(self) -> str:
        data = self.pointer if self.large else self.data
        return hashlib.sha1(b"blob %d\0" % len(data) + data).hexdigest()

    @property
    def sha256(self) -> str:
        return self.claimed or hashlib.sha256(self.data).hexdigest()

    @property
    def pointer(self) -> bytes:
        text = f"version https://git-lfs.github.com/spec/v1\noid sha256:{self.sha256}\n"
        return f"{text}size {self.size}\n".encode()


@dataclass(frozen=True)
class Commit:
    id: str
    parent: str | None
    title: str
    message: str
    tree: Mapping[str, Blob]


@dataclass
class Repo:
    private: bool = False
    commits: dict[str, Commit] = field(default_factory=dict)
    branches: dict[str, str] = field(default_factory=dict)
    tags: dict[str, str] = field(default_factory=dict)

    def commit(self, branch: str, title: str, message: str, tree: Mapping[str, Blob]) -> Commit:
        parent = self.branches.get(branch)
        said = json.dumps([parent, title, message, sorted((p, b.oid) for p, b in tree.items())])
        made = Commit(hashlib.sha1(said.encode()).hexdigest(), parent, title, message, tree)
        self.commits[made.id] = made
        self.branches[branch] = made.id
        return made

    def at(self, revision: str) -> Commit | None:
        name = self.branches.get(revision) or self.tags.get(revision) or revision
        return self.commits.get(name)

    def history(self, branch: str = "main") -> list[Commit]:
        """Newest first."""
        found, at = [], self.at(branch)
        while at is not None:
            found.append(at)
            at = self.commits.get(at.parent or "")
        return found
