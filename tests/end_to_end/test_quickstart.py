"""The shipped quickstart, made small, on the real embedded engine with its real model."""

import json
import subprocess
import sys
from pathlib import Path

import datasets
import duckdb
import polars as pl
import pytest

SMALL = (
    *("--set", "problems.0.size=5", "--set", "problems.1.size=3"),
    *("--set", "generate.max_samples=4", "--set", "engine.slots=8"),
)


def cotfactory(*arguments: object) -> dict[str, object]:
    command = [sys.executable, "-m", "cotfactory", *map(str, arguments)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return dict(json.loads(done.stdout.splitlines()[-1]))


@pytest.fixture(scope="module")
def quickstart(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The run that `cotfactory run quickstart` makes."""
    run = tmp_path_factory.mktemp("quickstart") / "run"
    cotfactory("run", "quickstart", "--out", run, *SMALL)
    return run


def test_it_keeps_verified_traces(quickstart: Path) -> None:
    kept = pl.read_parquet(quickstart / "splits/shortcut/*.parquet")
    assert len(kept) > 0
    assert set(kept.get_column("status")) == {"correct"}
    assistant = kept.get_column("messages").list.last().struct.field("content").to_list()
    assert all(text.startswith("<think>") and text.count("</think>") == 1 for text in assistant)


def test_every_trace_ends_in_exactly_one_split(quickstart: Path) -> None:
    with duckdb.connect(str(quickstart / "catalog.duckdb"), read_only=True) as catalog:
        unplaced = "from traces anti join splits using (trace_id)"
        twice = "select trace_id from splits group by trace_id having count(*) > 1"
        untraced = "from splits anti join traces using (trace_id) where origin <> 'stitched'"
        assert [len(catalog.sql(query).fetchall()) for query in (unplaced, twice, untraced)] == [
            0,
            0,
            0,
        ]


def test_the_folder_loads_as_a_dataset(quickstart: Path) -> None:
    loaded = datasets.load_dataset(str(quickstart / "dataset"), "shortcut")
    rows = sum(len(part) for part in loaded.values())
    assert rows == len(pl.read_parquet(quickstart / "splits/shortcut/*.parquet"))
    assert (quickstart / "report.html").stat().st_size > 10_000


def test_running_it_again_asks_nothing_and_changes_nothing(quickstart: Path) -> None:
    tables = {p: p.read_bytes() for p in quickstart.glob("*/part-*.parquet")}
    sums = (quickstart / "dataset/SHA256SUMS").read_bytes()
    cotfactory("run", "quickstart", "--out", quickstart, *SMALL)
    said = json.loads((quickstart / "manifest.json").read_text())["generate"]
    assert said["session"]["requests"] == 0 < said["requests"]
    assert {p: p.read_bytes() for p in quickstart.glob("*/part-*.parquet")} == tables
    assert (quickstart / "dataset/SHA256SUMS").read_bytes() == sums
