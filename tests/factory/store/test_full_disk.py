"""A disk that is really full, on file systems of several sizes."""

import os
import subprocess
from pathlib import Path

import pytest

import writing_run
from cotfactory.errors import CotfactoryError

SIZES_KIB = range(4, 52, 2)  # the whole run needs about 58


def mounted(folder: Path, size_kib: int) -> bool:
    folder.mkdir()
    command = ["mount", "-t", "tmpfs", "-o", f"size={size_kib}k", "tmpfs", str(folder)]
    return subprocess.run(command, check=False, capture_output=True).returncode == 0


@pytest.mark.skipif(os.geteuid() != 0, reason="mounting a small file system needs root")
@pytest.mark.parametrize("size_kib", SIZES_KIB)
def test_a_full_disk_loses_nothing_that_was_durable(tmp_path: Path, size_kib: int) -> None:
    folder = tmp_path / "disk"
    if not mounted(folder, size_kib):
        pytest.skip("this sandbox cannot mount")
    durable: list[int] = []
    try:
        with pytest.raises((OSError, CotfactoryError)):
            writing_run.write(folder / "run", durable.append)
        remount = ["mount", "-o", "remount,size=16m", str(folder)]
        subprocess.run(remount, check=True, capture_output=True)
        writing_run.check(folder / "run", len(durable))
    finally:
        subprocess.run(["umount", "-l", str(folder)], check=False, capture_output=True)
