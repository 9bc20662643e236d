"""The quickstart's recipe on the real vLLM engine, with no other change."""

import json
import subprocess
import sys
from pathlib import Path

import polars as pl
import pytest

pytest.importorskip("vllm", reason="runs where vLLM is installed: make test-vllm")


@pytest.mark.vllm
@pytest.mark.timeout(900)
def test_the_quickstart_runs_on_vllm(tmp_path: Path) -> None:
    small = ("--set", "problems.0.size=5", "--set", "problems.1.size=3")
    command = ("run", "quickstart", "--out", str(tmp_path), *small, "--set", "engine.kind=vllm")
    done = subprocess.run(
        [sys.executable, "-m", "cotfactory", *command], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr[-2000:]
    facts = json.loads((tmp_path / "manifest.json").read_text("utf-8"))["generate"]
    assert facts["errors"] == 0
    traces = pl.read_parquet(tmp_path / "traces/*.parquet")
    assert set(traces.get_column("engine")) == {"vllm"}
    assert len(pl.read_parquet(tmp_path / "splits/shortcut/*.parquet")) > 0
    assert (tmp_path / "dataset/README.md").exists()
