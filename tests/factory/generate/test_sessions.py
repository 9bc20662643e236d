"""Whole sessions of generating, on recorded answers."""

import json
from datetime import datetime, timedelta, tzinfo
from pathlib import Path
from typing import Any, Self

import polars as pl
import pytest

from cotfactory.errors import UsageError
from cotfactory.generate import generate, heartbeat, samples
from cotfactory.generate.limits import Limits, parse_duration, parse_shard
from cotfactory.generate.pilot import count_problems, fraction, project
from cotfactory.generate.preview import preview
from cotfactory.store.read import scan
from cotfactory.store.run import Run
from cotfactory_schemas import Recipe

WRONG = "2 + 3 = 6. So the answer is 6.</think>The answer is \\boxed{6}"
RIGHT = "2 + 3 = 5. So the answer is 5.</think>The answer is \\boxed{5}"
GONE_ON = " Counting again, 2 + 3 = 5.</think>The answer is \\boxed{5}"


def recipe(folder: Path, questions: int, answers: list[str], **generate: Any) -> Recipe:
    """A recipe over sums whose recorded answers come in order."""
    prompts = [f"What is 2 + 3? (asked {n} times)" for n in range(questions)]
    rows = [json.dumps({"prompt": p, "reference": "5"}) for p in prompts]
    (folder / "problems.jsonl").write_text("\n".join(rows), "utf-8")
    recorded = [
        json.dumps({"prompt": p, "text": a, "completion_tokens": 10})
        for p in prompts
        for a in answers
    ]
    (folder / "answers.jsonl").write_text("\n".join(recorded), "utf-8")
    source = {"kind": "files", "paths": [str(folder / "problems.jsonl")], "verifier": "math"}
    return Recipe.model_validate(
        {
            "name": "session",
            "problems": [{**source, "domain": "math"}],
            "teacher": {"model": "recorded", "prefill": "<think>"},
            "engine": {"kind": "replay", "path": str(folder / "answers.jsonl")},
            "generate": {"speculate_above": 1.0, **generate},
        }
    )


def session(path: Path, made: Recipe, limits: Limits | None = None) -> dict[str, Any]:
    with Run.open(path, made) as run:
        return generate(run, lambda _: None, limits).report


def test_a_wrong_thought_is_handed_back_once_and_judged_like_any_other(tmp_path: Path) -> None:
    made = recipe(tmp_path, 2, [WRONG, RIGHT, GONE_ON], journeys_per_problem=1)
    assert session(tmp_path / "run", made)["requests"] == 6
    run = Run.read(tmp_path / "run")
    traces = scan(run, "traces").join(scan(run, "verdicts"), on="trace_id").collect()
    by_id = {row["trace_id"]: row for row in traces.to_dicts()}
    journeys = [row for row in by_id.values() if row["continuation"] == "journey"]
    assert len(journeys) == 2
    for row in journeys:
        parent = by_id[row["parent_id"]]
        told = json.loads(row["extra"])["reflection"]
        assert parent["status"] == "incorrect"
        assert row["status"] == "correct"
        assert row["raw"].startswith("<think>2 + 3 = 6.")
        assert told in row["reasoning"]
        assert row["raw"].endswith(f"{told}\n\n{GONE_ON}")
        assert row["raw"].count("</think>") == 1
    assert session(tmp_path / "run", made)["requests"] == 0


class LeapingClock(datetime):
    """A wall clock that leaps a year at each look, forth and back."""

    looks = 0

    @classmethod
    def now(cls, tz: tzinfo | None = None) -> Self:
        cls.looks += 1
        return super().now(tz) + timedelta(days=365 if cls.looks % 2 else -365)


def test_a_clock_that_leaps_changes_only_dates(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = recipe(tmp_path, 5, [WRONG, RIGHT])
    session(tmp_path / "steady", made)
    monkeypatch.setattr(samples, "datetime", LeapingClock)
    monkeypatch.setattr(heartbeat, "datetime", LeapingClock)
    leaping = session(tmp_path / "leaping", made, Limits(max_runtime_s=3600))
    assert leaping["requests"] == 10
    assert all(0 <= seconds < 60 for seconds in leaping["phase_s"].values())
    assert session(tmp_path / "leaping", made)["requests"] == 0
    steady, leapt = (
        scan(Run.read(tmp_path / name), "traces").collect().sort("trace_id")
        for name in ("steady", "leaping")
    )
    assert leapt.get_column("created_at").str.slice(0, 4).n_unique() == 2
    timed = ("created_at", "seconds")
    assert leapt.drop(timed).equals(steady.drop(timed))


def test_a_pilot_is_a_part_of_the_run_and_projects_the_whole(tmp_path: Path) -> None:
    priced = {"price": {"per_million_tokens": 2.0}}
    made = recipe(tmp_path, 40, [WRONG, RIGHT], max_samples=2, **priced)
    share = fraction("30%", made)
    piloted = session(tmp_path / "run", made, Limits(share=share))["requests"] // 2
    assert 0 < piloted < 40
    projection = project(Run.read(tmp_path / "run"), tokens_per_s=1000.0)
    assert (projection.pilot_problems, projection.problems) == (piloted, 40)
    assert projection.samples.low <= projection.samples.mean == 80 <= projection.samples.high
    assert projection.accepted.mean == 40
    assert projection.tokens.mean == 800
    assert projection.cost is not None
    assert projection.cost.mean == pytest.approx(800 * 2.0 / 1e6)
    rest = session(tmp_path / "run", made)["requests"]
    assert rest == 2 * (40 - piloted)


def test_a_preview_counts_what_is_left_and_writes_nothing(tmp_path: Path) -> None:
    made = recipe(tmp_path, 10, [WRONG, RIGHT], max_samples=4)
    before = preview(made, tmp_path / "run")
    assert (before.samples_at_least, before.samples_at_most) == (10, 40)
    assert before.prompts[0].endswith("[assistant]\n<think>…")
    assert not (tmp_path / "run").exists()
    session(tmp_path / "run", made)
    assert preview(made, tmp_path / "run").samples_at_most == 0


def test_yield_is_accounted_by_what_became_of_the_tokens(tmp_path: Path) -> None:
    report = session(tmp_path / "run", recipe(tmp_path, 5, [WRONG, RIGHT], max_samples=2))
    assert report["generated_tokens"] == 100
    assert (report["tokens"]["accepted"], report["tokens"]["rejected"]) == (50, 50)
    assert report["problems_by_outcome"] == {"accepted": 5}
    outcomes = scan(Run.read(tmp_path / "run"), "outcomes").collect()
    assert outcomes.select(pl.col("samples").sum(), pl.col("correct").sum()).row(0) == (10, 5)


def test_a_full_domain_stops_being_asked(tmp_path: Path) -> None:
    made = recipe(tmp_path, 100, [RIGHT], quotas={"math": 3}, max_samples=1)
    made = made.model_copy(update={"engine": made.engine.model_copy(update={"concurrency": 1})})
    report = session(tmp_path / "run", made)
    assert report["accepted"] < 100
    assert report["problems_by_outcome"]["quota"] > 0


def test_a_full_domain_stays_full(tmp_path: Path) -> None:
    made = recipe(tmp_path, 40, [RIGHT], quotas={"math": 3}, max_samples=1)
    assert session(tmp_path / "run", made)["accepted"] >= 3
    assert session(tmp_path / "run", made)["requests"] == 0


def test_the_manifest_counts_all_sessions(tmp_path: Path) -> None:
    recorded = [WRONG, RIGHT]
    session(tmp_path / "run", recipe(tmp_path, 4, recorded, max_samples=1))
    (tmp_path / "run" / "status.json").write_text("")  # a crash may leave it empty
    session(tmp_path / "run", recipe(tmp_path, 4, recorded, max_samples=3))
    session(tmp_path / "run", recipe(tmp_path, 4, recorded, max_samples=3))
    facts = Run.read(tmp_path / "run").manifest["generate"]
    assert (facts["requests"], facts["accepted"], facts["generated_tokens"]) == (12, 4, 120)
    assert facts["session"]["requests"] == 0
    assert facts["tokens_per_s"] > 0


def test_a_killed_session_is_counted_to_its_last_heartbeat(tmp_path: Path) -> None:
    made = recipe(tmp_path, 4, [WRONG, RIGHT], max_samples=2)
    session(tmp_path / "run", made)
    (tmp_path / "run" / "manifest.json").unlink()
    session(tmp_path / "run", made)
    assert Run.read(tmp_path / "run").manifest["generate"]["requests"] == 8


def test_times_and_shards_are_read_or_mended() -> None:
    assert [parse_duration(t) for t in ("90", "90s", "1.5m", "2h")] == [90, 90, 90, 7200]
    assert parse_shard("2/8") == (2, 8)
    for read, text in ((parse_duration, "soon"), (parse_shard, "8/8"), (parse_shard, "1")):
        with pytest.raises(UsageError, match="write it"):
            read(text)


def test_the_size_of_a_pilot_is_a_share_or_a_number(tmp_path: Path) -> None:
    made = recipe(tmp_path, 40, [RIGHT])
    assert count_problems(made) == 40
    assert [fraction(t, made) for t in ("10%", "4", "400")] == [0.1, 0.1, 1.0]
    with pytest.raises(UsageError, match="--pilot"):
        fraction("some", made)
