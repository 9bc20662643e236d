"""Readers of the Hub see the old dataset or the new one, whenever the publisher is killed."""

import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

import publishing_child
from finished_run import finished_run
from hub_server import WRITE_TOKEN, Fault, Hub, running_hub

REPO = "lab/sums"
KILLS = int(os.environ.get("PUBLISH_KILLS", "8"))  # 40 kill points take a few minutes


class Publisher:
    """A process that forks one that publishes; `published` is the exit code, negative if killed."""

    def __init__(self, hub: Hub, home: Path) -> None:
        known = {"HF_ENDPOINT": hub.url, "HF_TOKEN": WRITE_TOKEN, "HF_HOME": str(home)}
        self.child = 0
        self._process = subprocess.Popen(
            [sys.executable, "-W", "ignore", str(publishing_child.__file__)],
            env={**os.environ, **known, "HF_HUB_DISABLE_XET": "1"},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )

    def publish(self, run: Path) -> int:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self.child = 0
        self._process.stdin.write(f"{run}\n")
        self._process.stdin.flush()
        self.child = int(self._process.stdout.readline())
        return int(self._process.stdout.readline())

    def living_child(self) -> int:
        while not self.child:  # it asks the Hub before we have read its name
            time.sleep(0.001)
        return self.child

    def close(self) -> None:
        self._process.communicate()


@contextmanager
def publisher(hub: Hub, home: Path) -> Iterator[Publisher]:
    started = Publisher(hub, home)
    try:
        yield started
    finally:
        started.close()


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return finished_run(tmp_path_factory.mktemp("killed") / "run").path


def test_kills_and_faults_leave_no_half_and_no_second_commit(run: Path, tmp_path: Path) -> None:
    with running_hub() as hub, publisher(hub, tmp_path) as process:
        assert process.publish(run) == 0
        requests = len(hub.requests)
        whole = set(hub.repos[REPO].history()[0].tree)
        points = random.Random(7).sample(range(1, requests + 1), min(KILLS, requests))
        for point in points:
            hub.repos.clear()
            hub.large.clear()
            (run / "published.json").unlink()
            kill_at(hub, process, point)
            process.publish(run)
            hub.fault = lambda _method, _path: None
            assert process.publish(run) == 0
            commits = hub.repos[REPO].history()
            assert [c.title for c in commits] == ["Publish 12 rows", "initial commit"], point
            assert set(commits[0].tree) == whole
            assert list(hub.repos[REPO].tags.values()) == [commits[0].id]


def kill_at(hub: Hub, process: Publisher, point: int) -> None:
    """Kills the publisher at its request number `point`; odd ones are served, their reply lost.

    At every third point the Hub is busy once, before that.
    """
    seen = 0

    def fault(_method: str, _path: str) -> Fault | None:
        nonlocal seen
        seen += 1
        if seen == point:
            os.kill(process.living_child(), signal.SIGKILL)
            return "lost" if point % 2 else "cut"
        return "busy" if point % 3 == 0 and seen == point // 2 else None

    hub.fault = fault
