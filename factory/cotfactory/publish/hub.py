"""A dataset on the Hugging Face Hub: one commit that readers see whole or not at all.

The commit carries the manifest's hash in its message. That is how a later run, or this one after
a lost reply, knows its own work: same hash, nothing to do. A head that is not ours is never
replaced unasked.
"""

import logging
import re
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import huggingface_hub as hf
from huggingface_hub.errors import RepositoryNotFoundError, RevisionNotFoundError
from huggingface_hub.utils.tqdm import disable_progress_bars

from cotfactory.errors import CotfactoryError, UsageError
from cotfactory.publish.dataset import Built
from cotfactory.publish.explain import OUR_OWN, Explaining, brief, status_of
from cotfactory.publish.files import CARD, MANIFEST, RECIPE
from cotfactory.publish.record import RECORD, Record
from cotfactory.publish.terms import CommitPlan, Options

log = logging.getLogger(__name__)

SCHEME = "hf://datasets/"
ATTEMPTS = 6
FIRST_WAIT_S, LONGEST_WAIT_S = 1.0, 30.0
_TARGET = re.compile(
    r"hf://datasets/(?P<repo>[A-Za-z0-9][A-Za-z0-9._-]*/[A-Za-z0-9][A-Za-z0-9._-]*)/?"
)
_REVISION = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")
_HASH = re.compile(r"^manifest-sha256: ([0-9a-f]{64})$", re.MULTILINE)
_OURS = ("data/", "pictures/")  # what a new version may leave behind in these is deleted
_REFUSALS = range(400, 500)
_PASSING = frozenset({408, 409, 412, 425, 429})  # busy, or another was faster: look again


@dataclass(frozen=True)
class HubTarget:
    """A dataset repository and the branch to commit to."""

    repo: str
    revision: str

    def __str__(self) -> str:
        return f"{SCHEME}{self.repo}@{self.revision}"


@dataclass(frozen=True)
class _Head:
    commit: str
    message: str
    files: tuple[str, ...]

    @property
    def manifest(self) -> str | None:
        found = _HASH.search(self.message)
        return found[1] if found else None


def target_of(to: str, revision: str | None) -> HubTarget:
    """Reads hf://datasets/ORG/NAME.

    Raises:
        UsageError: it names no dataset repository or no branch.
    """
    match = _TARGET.fullmatch(to)
    branch = revision or "main"
    if match is None:
        raise UsageError(f"{to}: no such target. Use a folder or {SCHEME}ORG/NAME.")
    if not _REVISION.fullmatch(branch):
        raise UsageError(f"--revision {branch}: use letters, digits, '.', '_' and '-'.")
    return HubTarget(match["repo"], branch)


class Publication:
    """One publication of one run to one target."""

    def __init__(self, run: Path, ready: Built, target: HubTarget, options: Options) -> None:
        self._record = Record(run / RECORD, target.repo)
        self._ready, self._target, self._options = ready, target, options
        self._token = hf.get_token()
        self._api = hf.HfApi(token=self._token)
        self._digest = ready.manifest_sha256
        self._sent = False
        if not sys.stderr.isatty():
            disable_progress_bars()

    def plan(self) -> CommitPlan:
        """What `push` would commit; asks the Hub, and changes nothing there."""
        with Explaining(self._target, self._token):
            head = self._head()
            self._check(head)
            return self._plan(head)

    def push(self) -> tuple[str, bool]:
        """Makes the dataset the head of the branch; returns the commit and whether it is new.

        Raises:
            CotfactoryError: the Hub refuses, the head is not ours, or it stays out of reach.
        """
        if not self._token:
            raise CotfactoryError(
                f"{self._target}: not logged in. Set HF_TOKEN or run: hf auth login"
            )
        self._keep_token_out()
        with Explaining(self._target, self._token):
            return self._until_it_is_there()

    def _until_it_is_there(self) -> tuple[str, bool]:
        """Tries again after any failure that may pass; each try looks first what is there."""
        wait_s = FIRST_WAIT_S
        for tries_left in reversed(range(ATTEMPTS)):
            try:
                return self._try()
            except OUR_OWN:
                raise
            except Exception as error:
                status = status_of(error)
                if not tries_left or (status in _REFUSALS and status not in _PASSING):
                    raise
                said = brief(error, self._token)
                log.warning("%s: %s; again in %g s", self._target, said, wait_s)
                time.sleep(wait_s)
                wait_s = min(2 * wait_s, LONGEST_WAIT_S)
        raise AssertionError("the last try returns or raises")

    def _try(self) -> tuple[str, bool]:
        self._make_repository()
        head = self._head()
        if head is None:  # without a parent, two publishers could both commit
            raise ConnectionError("the repository was made and is not to be seen yet")
        if head.manifest == self._digest:
            commit = head.commit
        else:
            self._check(head)
            self._record.add(None, self._digest)
            self._sent = True
            commit = self._send(self._plan(head))
        self._record.add(commit, self._digest)
        tag = f"cotfactory-{self._digest[:12]}"
        self._api.create_tag(
            self._target.repo, tag=tag, revision=commit, repo_type="dataset", exist_ok=True
        )
        return commit, self._sent

    def _make_repository(self) -> None:
        repo, branch = self._target.repo, self._target.revision
        self._api.create_repo(
            repo, repo_type="dataset", private=self._options.private or None, exist_ok=True
        )
        if self._options.private and not self._api.dataset_info(repo).private:
            raise CotfactoryError(
                f"{self._target}: is public already. Make it private in its settings on the Hub, "
                "or publish without --private."
            )
        if branch != "main":
            self._api.create_branch(repo, branch=branch, repo_type="dataset", exist_ok=True)

    def _send(self, plan: CommitPlan) -> str:
        folder = self._ready.folder
        added = [hf.CommitOperationAdd(name, folder / name) for name in plan.added]
        deleted = [hf.CommitOperationDelete(name) for name in plan.deleted]
        title, _, description = plan.message.partition("\n\n")
        return self._api.create_commit(
            self._target.repo,
            [*added, *deleted],
            commit_message=title,
            commit_description=description,
            repo_type="dataset",
            revision=self._target.revision,
            parent_commit=plan.parent,
        ).oid

    def _plan(self, head: _Head | None) -> CommitPlan:
        names = tuple(self._ready.names)
        left = [f for f in (head.files if head else ()) if f.startswith(_OURS) and f not in names]
        rows = sum(n for parts in self._ready.rows.values() for n in parts.values())
        message = f"Publish {rows} rows\n\nmanifest-sha256: {self._digest}"
        return CommitPlan(head.commit if head else None, message, names, tuple(left))

    def _head(self) -> _Head | None:
        """The newest commit of the branch; None where there is no repository or no branch."""
        where: dict[str, Any] = {"repo_type": "dataset", "revision": self._target.revision}
        try:
            newest = self._api.list_repo_commits(self._target.repo, **where)[0]
            where["revision"] = newest.commit_id
            files = self._api.list_repo_files(self._target.repo, **where)
        except (RepositoryNotFoundError, RevisionNotFoundError):
            return None
        return _Head(newest.commit_id, f"{newest.title}\n{newest.message}", tuple(files))

    def _check(self, head: _Head | None) -> None:
        """Raises CotfactoryError where the head is another's work."""
        if head is None or set(head.files) <= {".gitattributes"}:
            return
        ours = head.manifest in self._record.manifests or head.commit in self._record.commits
        if not (ours or head.commit == self._options.over):
            raise CotfactoryError(
                f"{self._target}: has moved: its head {head.commit} was not published from this "
                f"run. Look at it, then publish to another branch with --revision, or replace it "
                f"with --over {head.commit}"
            )

    def _keep_token_out(self) -> None:
        for name in (CARD, RECIPE, MANIFEST):
            if self._token and self._token in (self._ready.folder / name).read_text("utf-8"):
                raise UsageError(
                    f"{name}: holds your Hub token. Take it out of the recipe; the token is read "
                    "from HF_TOKEN or the Hub's own login."
                )
