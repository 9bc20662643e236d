"""A power cut drops what was not synced: bytes of files, and names in folders."""

import os
import shutil
from dataclasses import dataclass, field
from pathlib import Path

import pytest

import writing_run


class PowerCutError(BaseException):
    """The lights go out."""


@dataclass
class Disk:
    """What would be found after a power cut: contents and listings as of their last fsync."""

    cut_at: int
    syncs: int = 0
    contents: dict[int, bytes] = field(default_factory=dict)
    listings: dict[int, dict[str, tuple[int, bool]]] = field(default_factory=dict)
    held: list[int] = field(default_factory=list)

    def fsync(self, descriptor: int) -> None:
        if self.syncs >= self.cut_at:
            raise PowerCutError
        self.syncs += 1
        place = Path(f"/proc/self/fd/{descriptor}").readlink()
        inode = os.fstat(descriptor).st_ino
        if place.is_dir():
            self.listings[inode] = {
                entry.name: (entry.stat().st_ino, entry.is_dir()) for entry in place.iterdir()
            }
        else:
            self.contents[inode] = place.read_bytes()
            self.held.append(os.dup(descriptor))  # so that no other file gets its inode

    def close(self) -> None:
        for descriptor in self.held:
            os.close(descriptor)

    def rebuild(self, folder: Path, inode: int) -> None:
        """Makes `folder` hold what the listing of `inode` says."""
        folder.mkdir()
        for name, (entry, is_folder) in self.listings.get(inode, {}).items():
            if is_folder:
                self.rebuild(folder / name, entry)
            else:
                (folder / name).write_bytes(self.contents.get(entry, b""))


def cut_after(syncs: int, folder: Path, monkeypatch: pytest.MonkeyPatch) -> tuple[bool, int]:
    """Writes a run and cuts the power; leaves in `folder` what a reboot finds."""
    disk, durable = Disk(syncs), 0

    def count(_: int) -> None:
        nonlocal durable
        durable += 1

    folder.mkdir(parents=True)
    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", disk.fsync)
        try:
            writing_run.write(folder / "run", count)
            ended = True
        except PowerCutError:
            ended = False
    inode = folder.stat().st_ino
    shutil.rmtree(folder)
    disk.rebuild(folder, inode)
    disk.close()
    return ended, durable


@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")  # files left open
def test_a_power_cut_at_any_sync_loses_nothing_that_was_durable(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    cuts = 0
    while True:
        folder = tmp_path / str(cuts)
        ended, durable = cut_after(cuts, folder, monkeypatch)
        if ended:
            break
        writing_run.check(folder / "run", durable)
        shutil.rmtree(folder)
        cuts += 1
    assert cuts >= 20
