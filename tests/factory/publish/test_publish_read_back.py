"""What was published is what the real clients read, over LFS and over xet."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import hf_xet  # type: ignore[import-untyped]

import publishing_child
import reading_child
from cotfactory.publish import files
from cotfactory.publish import publish as to_folder
from cotfactory_schemas import SplitRow
from finished_run import finished_run
from hub_server import WRITE_TOKEN, Hub, running_hub

REPO = "lab/sums"


def clients(hub: Hub, home: Path, **settings: str) -> dict[str, str]:
    """An environment in which the clients know the Hub and are logged in."""
    known = {"HF_ENDPOINT": hub.url, "HF_TOKEN": WRITE_TOKEN, "HF_HOME": str(home)}
    return {**os.environ, **known, **settings}


def publish(run: Path, environment: dict[str, str]) -> None:
    subprocess.run(
        [sys.executable, "-W", "ignore", publishing_child.__file__],
        input=f"{run}\n",
        env=environment,
        check=True,
        capture_output=True,
        text=True,
    )


def read_back(environment: dict[str, str], *options: str) -> dict[str, Any]:
    said = subprocess.run(
        [sys.executable, "-W", "ignore", reading_child.__file__, REPO, *options],
        env=environment,
        check=True,
        capture_output=True,
        text=True,
    )
    return dict(json.loads(said.stdout))


def test_the_real_clients_read_what_was_published(tmp_path: Path) -> None:
    run = finished_run(tmp_path / "run")
    with running_hub() as hub:
        environment = clients(hub, tmp_path / "home", HF_HUB_DISABLE_XET="1")
        publish(run.path, environment)
        seen = read_back(environment)
        assert hub.tokens_on_second_host == []
    assert seen["rows"] == {
        config: {"train": 3, "test": 1} for config in ("shortcut", "journey", "rejected")
    }
    assert seen["columns"] == list(SplitRow.model_fields)
    assert seen["streamed"] == "What is 0 + 5?"
    assert seen["polars"] == 3
    assert seen["duckdb"] == {"shortcut": 3, "journey": 3, "rejected": 3}
    snapshot = Path(seen["snapshot"])
    sealed = json.loads((snapshot / "manifest.json").read_text())["files"]
    assert {name: files.sha256(snapshot / name) for name in sealed} == {
        name: entry["sha256"] for name, entry in sealed.items()
    }


def xet_hashes(folder: Path) -> dict[str, str]:
    """What the Hub learns from xet's own store, by SHA-256 of the content."""
    large = [str(file) for file in folder.rglob("*") if file.suffix in {".parquet", ".png"}]
    return {
        files.sha256(Path(name)): found.hash
        for name, found in zip(large, hf_xet.hash_files(large), strict=True)
    }


def test_over_xet_it_is_one_commit_too_and_reads_back(tmp_path: Path) -> None:
    run = finished_run(tmp_path / "run")
    (tmp_path / "store").mkdir()
    with running_hub() as hub:
        hub.xet_folder = tmp_path / "store"
        environment = clients(hub, tmp_path / "home", HF_HUB_DISABLE_XET="0")
        publish(run.path, environment)
        commits = hub.repos[REPO].history()
        to_folder(run, tmp_path / "here")
        hub.xet_hashes = xet_hashes(tmp_path / "here")
        shutil.rmtree(tmp_path / "home")
        seen = read_back(environment, "--downloads-only")
        assert hub.large == {}  # nothing went over LFS
    assert [c.title for c in commits] == ["Publish 12 rows", "initial commit"]
    tree = commits[0].tree
    sealed = json.loads(tree["manifest.json"].data)["files"]
    assert {name: tree[name].sha256 for name in sealed} == {
        name: entry["sha256"] for name, entry in sealed.items()
    }
    assert seen["rows"]["journey"] == {"train": 3, "test": 1}
    snapshot = Path(seen["snapshot"])
    assert {name: files.sha256(snapshot / name) for name in sealed} == {
        name: entry["sha256"] for name, entry in sealed.items()
    }
