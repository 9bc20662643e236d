"""A folder that is replaced as a whole, killed before each of its system calls."""

import os
import re
import shutil
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest

from cotfactory.store import atomic

STRACE = shutil.which("strace") or ""
CALLS = "mkdir,rename,renameat,renameat2,unlink,unlinkat,rmdir"
REPLACE = """
import sys
from pathlib import Path
from cotfactory.store import atomic

path, swap = Path(sys.argv[1]), sys.argv[2]
if swap == "two renames":
    atomic.exchange = lambda one, other: False
with atomic.writing_folder(path) as folder:
    (folder / "data").mkdir()
    for name in ("data/a", "data/b", "card"):
        (folder / name).write_text("new")
"""
needs_strace = pytest.mark.skipif(not STRACE, reason="needs strace")


def old_folder(path: Path) -> Path:
    (path / "data").mkdir(parents=True)
    for name in ("data/a", "data/b", "card"):
        (path / name).write_text("old")
    return path


def held(path: Path) -> list[str]:
    return [file.read_text() for file in sorted(path.rglob("*")) if file.is_file()]


def replaced(path: Path, swap: str, *inject: str) -> "subprocess.CompletedProcess[str]":
    child = [sys.executable, "-c", REPLACE, str(path), swap]
    return subprocess.run(
        [STRACE, "-f", "-o", str(path.parent / "calls"), "-e", f"trace={CALLS}", *inject, *child],
        capture_output=True,
        text=True,
        check=False,
        env=os.environ | {"PYTHONDONTWRITEBYTECODE": "1"},
    )


def points(folder: Path, swap: str) -> list[tuple[str, int]]:
    """Every call that changes names, as strace counts them: by its name and its number."""
    path = old_folder(folder / "splits")
    done = replaced(path, swap)
    assert done.returncode == 0, done.stderr
    assert held(path) == ["new"] * 3
    made = re.findall(r"^\d+ +(\w+)\(", (folder / "calls").read_text("utf-8"), re.MULTILINE)
    return [(call, n + 1) for call, times in Counter(made).items() for n in range(times)]


@needs_strace
@pytest.mark.parametrize("swap", ["exchange", "two renames"])
def test_a_kill_at_any_moment_leaves_the_old_folder_or_the_new_one(
    tmp_path: Path, swap: str
) -> None:
    moments = points(tmp_path / "whole", swap)
    assert len(moments) > 5
    for call, number in moments:
        path = old_folder(tmp_path / f"{call}-{number}" / "splits")
        kill = f"inject={call}:signal=SIGKILL:when={number}"
        assert replaced(path, swap, "-e", kill).returncode != 0
        if swap == "exchange":  # nobody has to put anything right
            assert held(path) in (["old"] * 3, ["new"] * 3)
        atomic.remove_temporaries(path.parent)
        assert held(path) in (["old"] * 3, ["new"] * 3)
        assert sorted(p.name for p in path.parent.iterdir()) == ["calls", "splits"]


def test_a_folder_can_be_replaced_after_a_crash_without_cleaning_up_first(tmp_path: Path) -> None:
    path = old_folder(tmp_path / "splits")
    path.rename(tmp_path / ".splits.old.tmp")
    with pytest.raises(RuntimeError), atomic.writing_folder(path):
        raise RuntimeError
    assert held(path) == ["old"] * 3


def test_names_that_are_not_there_are_an_error_and_no_missing_call(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        atomic.exchange(tmp_path / "neither", tmp_path / "nor")
