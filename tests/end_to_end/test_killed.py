"""A kill -9 in the middle of generating, on recorded answers."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import polars as pl
import yaml

from cotfactory.store.read import scan
from cotfactory.store.run import Run

PROBLEMS, SAMPLES = 24, 4


def recorded(folder: Path) -> Path:
    """Problems and answers: problem n is right at sample n modulo 5, so some are never right."""
    questions = [{"prompt": f"What is {n} + 1?", "reference": str(n + 1)} for n in range(PROBLEMS)]
    lines = [json.dumps(question) for question in questions]
    (folder / "problems.jsonl").write_text("\n".join(lines), "utf-8")
    answers = [
        {
            "prompt": f"What is {n} + 1?",
            "text": f"Sample {s}.</think>It is \\boxed{{{n + 1 if s == n % 5 else -1}}}",
            "completion_tokens": 20,
        }
        for n in range(PROBLEMS)
        for s in range(SAMPLES)
    ]
    path = folder / "answers.jsonl"
    path.write_text("\n".join(map(json.dumps, answers)), "utf-8")
    return path


def recipe(folder: Path, recording: Path, **engine: object) -> Path:
    path = folder / f"{recording.stem}.yaml"
    source = {"kind": "files", "paths": [str(folder / "problems.jsonl")], "verifier": "math"}
    text = yaml.safe_dump(
        {
            "name": "killed",
            "problems": [source],
            "teacher": {"model": "recorded", "prefill": "<think>"},
            "engine": {"kind": "replay", "path": str(recording), **engine},
            "generate": {"max_samples": SAMPLES, "speculate_above": 1.0},
        }
    )
    path.write_text(text, "utf-8")
    return path


def generate(recipe_path: Path, run: Path) -> "subprocess.Popen[bytes]":
    command = ["-m", "cotfactory", "generate", str(recipe_path), "--out", str(run)]
    return subprocess.Popen([sys.executable, *command], stdout=subprocess.DEVNULL)


def judged(run: Path) -> set[tuple[str, str, str]]:
    read = Run.read(run)
    verdicts = scan(read, "verdicts").select("trace_id", "status")
    rows = scan(read, "traces").join(verdicts, on="trace_id").select("trace_id", "raw", "status")
    return set(rows.collect().iter_rows())


def wait_for(run: Path, completions: int) -> None:
    for _ in range(600):
        status = run / "status.json"
        if status.exists() and json.loads(status.read_text("utf-8"))["completions"] >= completions:
            return
        time.sleep(0.05)
    raise AssertionError("the run made no progress")


def test_a_killed_run_resumes_to_the_same_accepted_set_without_duplicates(tmp_path: Path) -> None:
    whole, killed = tmp_path / "whole", tmp_path / "killed"
    assert generate(recipe(tmp_path, recorded(tmp_path)), whole).wait() == 0
    slow = recipe(tmp_path, whole, concurrency=4, tokens_per_s=60)

    first = generate(slow, killed)
    wait_for(killed, completions=12)
    os.kill(first.pid, signal.SIGKILL)
    assert first.wait() == -signal.SIGKILL
    assert generate(slow, killed).wait() == 0

    assert judged(killed) == judged(whole)
    traces = scan(Run.read(killed), "traces").collect()
    assert len(traces) == traces.get_column("trace_id").n_unique()
    outcomes = scan(Run.read(killed), "outcomes").collect()
    assert dict(outcomes.get_column("outcome").value_counts().iter_rows()) == {
        "accepted": 20,
        "exhausted": 4,
    }
    resumed = Run.read(killed).manifest["generate"]["session"]["completions"]
    assert 0 < resumed <= len(traces) - 12 + 4  # what was in flight may be asked again


def test_a_signal_stops_in_good_order_and_the_same_command_goes_on(tmp_path: Path) -> None:
    whole, stopped = tmp_path / "whole", tmp_path / "stopped"
    assert generate(recipe(tmp_path, recorded(tmp_path)), whole).wait() == 0
    slow = recipe(tmp_path, whole, concurrency=4, tokens_per_s=60)
    first = generate(slow, stopped)
    wait_for(stopped, completions=8)
    first.send_signal(signal.SIGTERM)
    assert first.wait() == 75
    before = judged(stopped)
    assert 8 <= len(before) < len(judged(whole))
    assert generate(slow, stopped).wait() == 0
    assert before <= judged(stopped) == judged(whole)


def test_shards_of_a_run_are_merged_to_the_whole(tmp_path: Path) -> None:
    whole = tmp_path / "whole"
    assert generate(recipe(tmp_path, recorded(tmp_path)), whole).wait() == 0
    fast = str(recipe(tmp_path, whole))
    run = [sys.executable, "-m", "cotfactory"]
    shards = [str(tmp_path / f"shard{i}") for i in range(3)]
    for i, shard in enumerate(shards):
        command = [*run, "generate", fast, "--out", shard, "--shard", f"{i}/3"]
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    merged = tmp_path / "merged"
    command = [*run, "merge", *shards, "--out", str(merged)]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    assert judged(merged) == judged(whole)
    sizes = [
        scan(Run.read(Path(shard)), "traces").select(pl.len()).collect().item() for shard in shards
    ]
    assert sum(sizes) == len(judged(whole))
    assert min(sizes) > 0
