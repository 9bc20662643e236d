"""What a Hub answers: content-addressed, with commits that have parents.

Speaks what huggingface_hub and datasets ask for of dataset repositories. Large files live on a
second host, as on the real Hub, which must never see a token.
"""

import base64
import hashlib
import json
import re
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from email.message import Message
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

from hub_state import Blob, Commit, Repo

WRITE_TOKEN, READ_TOKEN = "hf_loopbackWriteToken", "hf_loopbackReadToken"
TREE_PAGE = 3  # small, so that every listing has several pages
DATE = "2026-01-02T03:04:05.000Z"


class Refusal(Exception):  # noqa: N818 - an answer, not a defect
    def __init__(self, status: int, code: str, message: str, **body: str) -> None:
        self.status, self.code, self.body = status, code, {"error": message, **body}


@dataclass
class Answer:
    body: bytes = b""
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)

    @classmethod
    def json(
        cls, value: Any, status: int = 200, headers: Mapping[str, str] | None = None
    ) -> "Answer":
        return cls(
            json.dumps(value).encode(),
            status,
            {"Content-Type": "application/json", **(headers or {})},
        )


@dataclass(frozen=True)
class Request:
    command: str
    path: str
    headers: Message
    body: bytes

    @property
    def token(self) -> str | None:
        scheme, _, token = self.headers.get("Authorization", "").partition(" ")
        return token if scheme == "Bearer" else None

    def json(self) -> Any:
        return json.loads(self.body or b"{}")

    def form(self) -> dict[str, list[str]]:
        return parse_qs(self.body.decode())


class HubApi:
    """What the Hub holds, and its answers."""

    def __init__(self) -> None:
        self.repos: dict[str, Repo] = {}
        self.large: dict[str, bytes] = {}
        self.xet_folder: Path | None = None
        self.xet_hashes: dict[
            str, str
        ] = {}  # xet's own, by SHA-256: its client alone computes them
        self.url = self.second_url = ""
        self._lock = threading.RLock()

    def answer(self, request: Request) -> Answer:
        """Finds the route and takes it; one at a time."""
        url = urlsplit(request.path)
        for method, pattern, route in _ROUTES:
            match = re.fullmatch(pattern, unquote(url.path))
            if match and method == request.command:
                with self._lock:
                    query = {k: v[0] for k, v in parse_qs(url.query).items()}
                    return route(self, request, query, **match.groupdict())
        raise Refusal(404, "", f"no such endpoint: {request.command} {url.path}")

    def repo(self, request: Request, name: str, *, write: bool = False) -> Repo:
        repo, token = self.repos.get(name), request.token
        if write and token != WRITE_TOKEN:
            status = 403 if token == READ_TOKEN else 401
            raise Refusal(status, "", "this token may not write here")
        if repo is None or (repo.private and token not in {READ_TOKEN, WRITE_TOKEN}):
            raise Refusal(401 if token is None else 404, "RepoNotFound", "Repository not found")
        return repo

    def commit_at(self, request: Request, name: str, revision: str) -> Commit:
        commit = self.repo(request, name).at(revision)
        if commit is None:
            raise Refusal(404, "RevisionNotFound", f"Invalid rev id: {revision}")
        return commit

    # ---- what the routes do

    def whoami(self, request: Request, _query: Any) -> Answer:
        if request.token not in {READ_TOKEN, WRITE_TOKEN}:
            raise Refusal(401, "", "Invalid username or password.")
        return Answer.json({"type": "user", "name": "tester", "orgs": []})

    def create(self, request: Request, _query: Any) -> Answer:
        wanted = request.json()
        name = f"{wanted['organization']}/{wanted['name']}"
        url = f"{self.url}/datasets/{name}"
        if request.token != WRITE_TOKEN:
            raise Refusal(403 if request.token else 401, "", "this token may not create here")
        if name in self.repos:
            raise Refusal(409, "", "You already created this dataset repo", url=url)
        private = wanted.get("visibility") == "private" or bool(wanted.get("private"))
        self.repos[name] = Repo(private=private)
        attributes = {".gitattributes": Blob(b"*.parquet filter=lfs\n", large=False)}
        self.repos[name].commit("main", "initial commit", "", attributes)
        return Answer.json({"url": url, "name": name})

    def validate_yaml(self, _request: Request, _query: Any) -> Answer:
        return Answer.json({"errors": [], "warnings": []})

    def info(self, request: Request, _query: Any, name: str, revision: str = "main") -> Answer:
        commit = self.commit_at(request, name, revision)
        files = [{"rfilename": path} for path in sorted(commit.tree)]
        return Answer.json(
            {
                "_id": "1",
                "id": name,
                "sha": commit.id,
                "private": self.repos[name].private,
                "siblings": files,
                "tags": [],
                "downloads": 0,
                "likes": 0,
                "lastModified": DATE,
                "createdAt": DATE,
                "author": name.split("/", maxsplit=1)[0],
                "disabled": False,
                "gated": False,
            }
        )

    def commits(self, request: Request, _query: Any, name: str, revision: str) -> Answer:
        self.commit_at(request, name, revision)
        return Answer.json(
            [
                {"id": c.id, "title": c.title, "message": c.message, "date": DATE, "authors": []}
                for c in self.repos[name].history(revision)
            ]
        )

    def refs(self, request: Request, _query: Any, name: str) -> Answer:
        repo = self.repo(request, name)

        def listed(kind: str, names: Mapping[str, str]) -> list[dict[str, str]]:
            return [
                {"name": n, "ref": f"refs/{kind}/{n}", "targetCommit": c} for n, c in names.items()
            ]

        return Answer.json(
            {
                "branches": listed("heads", repo.branches),
                "tags": listed("tags", repo.tags),
                "converts": [],
            }
        )

    def tag(self, request: Request, _query: Any, name: str, revision: str) -> Answer:
        repo, commit = self.repo(request, name, write=True), self.commit_at(request, name, revision)
        tag = request.json()["tag"]
        if tag in repo.tags:
            raise Refusal(409, "", "Tag reference exists already")
        repo.tags[tag] = commit.id
        return Answer.json({})

    def branch(self, request: Request, _query: Any, name: str, branch: str) -> Answer:
        repo = self.repo(request, name, write=True)
        if branch in repo.branches:
            raise Refusal(409, "", "Reference already exists")
        start = request.json().get("startingPoint", "main")
        repo.branches[branch] = self.commit_at(request, name, start).id
        return Answer.json({})

    def tree(
        self, request: Request, query: dict[str, str], name: str, revision: str, folder: str = ""
    ) -> Answer:
        commit = self.commit_at(request, name, revision)
        recursive = query.get("recursive", "").lower() in {"true", "1"}
        prefix = f"{folder}/" if folder else ""
        entries: dict[str, dict[str, Any]] = {}
        for path in sorted(commit.tree):
            if path.startswith(prefix):
                rest = path.removeprefix(prefix).split("/")
                for depth in range(1, len(rest)):
                    if recursive or depth == 1:
                        inner = prefix + "/".join(rest[:depth])
                        entries[inner] = {
                            "type": "directory",
                            "path": inner,
                            "oid": "0" * 40,
                            "size": 0,
                        }
                if recursive or len(rest) == 1:
                    entries[path] = _entry(path, commit)
        if folder and not entries:
            raise Refusal(404, "EntryNotFound", f"{folder} does not exist")
        start = int(query.get("cursor", "0"))
        page = list(entries.values())[start : start + TREE_PAGE]
        headers = {}
        if start + TREE_PAGE < len(entries):
            here = request.path.split("?")[0]
            more = f"recursive={recursive}&cursor={start + TREE_PAGE}"
            headers["Link"] = f'<{self.url}{here}?{more}>; rel="next"'
        return Answer.json(page, headers=headers)

    def paths_info(self, request: Request, _query: Any, name: str, revision: str) -> Answer:
        commit = self.commit_at(request, name, revision)
        wanted = request.form().get("paths", [])
        return Answer.json([_entry(path, commit) for path in wanted if path in commit.tree])

    def preupload(self, request: Request, _query: Any, name: str, revision: str) -> Answer:
        self.repo(request, name, write=True)
        tree = self.commit_at(request, name, revision).tree
        return Answer.json(
            {
                "files": [
                    {
                        "path": f["path"],
                        "shouldIgnore": False,
                        "uploadMode": "lfs"
                        if f["path"].endswith((".parquet", ".png"))
                        else "regular",
                        "oid": tree[f["path"]].oid if f["path"] in tree else None,
                    }
                    for f in request.json()["files"]
                ]
            }
        )

    def batch(self, request: Request, _query: Any, name: str) -> Answer:
        self.repo(request, name, write=True)
        objects = []
        for wanted in request.json()["objects"]:
            actions = {
                "upload": {"href": f"{self.second_url}/large/{wanted['oid']}"},
                "verify": {"href": f"{self.url}/verify"},
            }
            objects.append(
                wanted if wanted["oid"] in self.large else {**wanted, "actions": actions}
            )
        return Answer.json({"transfer": "basic", "objects": objects})

    def xet_token(self, request: Request, _query: Any, name: str, revision: str) -> Answer:
        self.repo(request, name, write="write" in request.path)
        self.commit_at(request, name, revision)
        headers = {
            "X-Xet-Cas-Url": f"local://{self.xet_folder}",
            "X-Xet-Access-Token": "xet",
            "X-Xet-Token-Expiration": str(int(time.time()) + 3600),
        }
        told = {
            "casUrl": headers["X-Xet-Cas-Url"],
            "accessToken": "xet",
            "exp": int(headers["X-Xet-Token-Expiration"]),
        }
        return Answer.json(told, headers=headers)

    def verify(self, request: Request, _query: Any) -> Answer:
        wanted = request.json()
        if len(self.large.get(wanted["oid"], b"")) != wanted["size"]:
            raise Refusal(400, "", "the upload is not whole")
        return Answer.json({})

    def commit(self, request: Request, _query: Any, name: str, revision: str) -> Answer:
        repo = self.repo(request, name, write=True)
        head = self.commit_at(request, name, revision)
        lines = [json.loads(line) for line in request.body.split(b"\n") if line]
        header = lines[0]["value"]
        if header.get("parentCommit", head.id) != head.id:
            raise Refusal(412, "", "A commit has happened since. Please refresh and try again.")
        tree = dict(head.tree)
        for line in lines[1:]:
            self._apply(tree, line["key"], line["value"])
        made = repo.commit(revision, header["summary"], header["description"], tree)
        url = f"{self.url}/datasets/{name}/commit/{made.id}"
        return Answer.json({"commitUrl": url, "commitOid": made.id, "success": True})

    def _apply(self, tree: dict[str, Blob], key: str, value: dict[str, Any]) -> None:
        path = value["path"]
        if key == "file":
            tree[path] = Blob(base64.b64decode(value["content"]), large=False)
        elif key == "lfsFile":
            if self.xet_folder:
                tree[path] = Blob(b"", large=True, claimed=value["oid"], claimed_size=value["size"])
                return
            if value["oid"] not in self.large:
                raise Refusal(400, "", f"{path}: its content was never uploaded")
            tree[path] = Blob(self.large[value["oid"]], large=True)
        elif key == "deletedFile":
            del tree[path]
        else:
            raise Refusal(400, "", f"unknown operation {key}")

    def resolve(self, request: Request, _query: Any, name: str, revision: str, path: str) -> Answer:
        commit = self.commit_at(request, name, revision)
        if path not in commit.tree:
            raise Refusal(404, "EntryNotFound", f"{path} does not exist")
        blob = commit.tree[path]
        headers = {"X-Repo-Commit": commit.id, "ETag": f'"{blob.oid}"'}
        if blob.claimed in self.xet_hashes:
            token = f"{self.url}/api/datasets/{name}/xet-read-token/{commit.id}"
            headers |= {
                "X-Xet-Hash": self.xet_hashes[blob.sha256],
                "Link": f'<{token}>; rel="xet-auth"',
            }
        if blob.large:
            headers |= {
                "X-Linked-Etag": f'"{blob.sha256}"',
                "X-Linked-Size": str(blob.size),
                "Location": f"{self.second_url}/large/{blob.sha256}",
            }
            return Answer(b"", 302, headers)
        return _ranged(request, blob.data, headers)

    def put_large(self, request: Request, _query: Any, oid: str) -> Answer:
        if hashlib.sha256(request.body).hexdigest() != oid:
            raise Refusal(400, "", "the content is not what its name says")
        self.large[oid] = request.body
        return Answer(b"", 200)

    def get_large(self, request: Request, _query: Any, oid: str) -> Answer:
        if oid not in self.large:
            raise Refusal(404, "", "no such content")
        return _ranged(request, self.large[oid], {"ETag": f'"{oid}"'})


def _entry(path: str, commit: Commit) -> dict[str, Any]:
    blob = commit.tree[path]
    size = blob.size
    entry: dict[str, Any] = {"type": "file", "path": path, "size": size, "oid": blob.oid}
    entry["lastCommit"] = {"id": commit.id, "title": commit.title, "date": DATE}
    if blob.large:
        entry["lfs"] = {"oid": blob.sha256, "size": size, "pointerSize": len(blob.pointer)}
    return entry


def _ranged(request: Request, data: bytes, headers: dict[str, str]) -> Answer:
    headers = {**headers, "Accept-Ranges": "bytes"}
    match = re.fullmatch(r"bytes=(\d+)-(\d*)", request.headers.get("Range", ""))
    if not match:
        return Answer(data, 200, headers)
    start, end = int(match[1]), min(int(match[2] or len(data)), len(data) - 1)
    headers["Content-Range"] = f"bytes {start}-{end}/{len(data)}"
    return Answer(data[start : end + 1], 206, headers)


_NAME = r"(?P<name>[^/]+/[^/]+)"
_REVISION = r"(?P<revision>[^/]+)"
_API = rf"/api/datasets/{_NAME}"
Route = Callable[..., Answer]
_ROUTES: list[tuple[str, str, Route]] = [
    ("GET", "/api/whoami-v2", HubApi.whoami),
    ("POST", "/api/repos/create", HubApi.create),
    ("POST", "/api/validate-yaml", HubApi.validate_yaml),
    ("GET", _API, HubApi.info),
    ("GET", rf"{_API}/revision/{_REVISION}", HubApi.info),
    ("GET", rf"{_API}/commits/{_REVISION}", HubApi.commits),
    ("GET", rf"{_API}/refs", HubApi.refs),
    ("POST", rf"{_API}/tag/{_REVISION}", HubApi.tag),
    ("POST", rf"{_API}/branch/(?P<branch>.+)", HubApi.branch),
    ("GET", rf"{_API}/tree/{_REVISION}(?:/(?P<folder>.+))?", HubApi.tree),
    ("POST", rf"{_API}/paths-info/{_REVISION}", HubApi.paths_info),
    ("POST", rf"{_API}/preupload/{_REVISION}", HubApi.preupload),
    ("GET", rf"{_API}/xet-(?:write|read)-token/{_REVISION}", HubApi.xet_token),
    ("POST", rf"{_API}/commit/{_REVISION}", HubApi.commit),
    ("POST", rf"/datasets/{_NAME}\.git/info/lfs/objects/batch", HubApi.batch),
    ("POST", "/verify", HubApi.verify),
    ("GET", rf"/datasets/{_NAME}/resolve/{_REVISION}/(?P<path>.+)", HubApi.resolve),
    ("HEAD", rf"/datasets/{_NAME}/resolve/{_REVISION}/(?P<path>.+)", HubApi.resolve),
    ("PUT", r"/large/(?P<oid>[0-9a-f]{64})", HubApi.put_large),
    ("GET", r"/large/(?P<oid>[0-9a-f]{64})", HubApi.get_large),
    ("HEAD", r"/large/(?P<oid>[0-9a-f]{64})", HubApi.get_large),
]
