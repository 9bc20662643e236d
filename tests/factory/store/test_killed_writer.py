"""kill -9 right before a write-side system call, injected by strace."""

import os
import random
import re
import shutil
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest

import writing_run

STRACE = shutil.which("strace") or ""
CALLS = "write,pwrite64,fsync,ftruncate,rename,renameat,renameat2,unlink,unlinkat,mkdir"
POINTS = int(os.environ.get("KILL_POINTS", "24"))

pytestmark = [
    pytest.mark.skipif(not STRACE, reason="needs strace"),
    pytest.mark.timeout(0),
]


def run_under_strace(folder: Path, inject: str) -> "subprocess.CompletedProcess[str]":
    program = [sys.executable, writing_run.__file__, str(folder / "run")]
    log = ["-f", "-o", str(folder / "calls"), "-P", str(folder / "run")]
    folder.mkdir()
    # -P matches a path and what was opened by it, so each file that will be written is named.
    for name in written_files(folder / "run"):
        log += ["-P", str(name)]
    return subprocess.run(
        [STRACE, *log, "-e", f"trace={CALLS}", *(["-e", inject] if inject else []), *program],
        capture_output=True,
        text=True,
        check=False,
    )


def written_files(run: Path) -> list[Path]:
    names = ["wal", "traces", "verdicts", "commits.log"]
    for number in range(1, 6):
        names.append(f"wal/{number:06d}.wal")
        for table in ("traces", "verdicts"):
            part = f"part-{number:06d}.parquet"
            names += [f"{table}/{part}", f"{table}/.{part}.tmp"]
    return [run / name for name in names]


def kill_points(folder: Path) -> int:
    run_under_strace(folder, "")
    calls = re.findall(r"^(\d+) +\w+\(", (folder / "calls").read_text("utf-8"), re.MULTILINE)
    return max(Counter(calls).values())  # strace counts each thread for itself


def test_a_kill_before_any_write_loses_nothing_that_was_durable(tmp_path: Path) -> None:
    total = kill_points(tmp_path / "whole")
    assert total > 60
    points = sorted(random.Random(1).sample(range(1, total), min(POINTS, total - 1)))
    killed = 0
    for point in points:
        folder = tmp_path / str(point)
        done = run_under_strace(folder, f"inject={CALLS}:signal=SIGKILL:when={point}")
        killed += done.returncode != 0
        writing_run.check(folder / "run", durable=len(done.stdout.split()))
        shutil.rmtree(folder)
    assert killed >= 20 * len(points) // 24  # the last calls, at exit, are not injected
