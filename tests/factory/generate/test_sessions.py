"""Whole sessions of generating, on recorded answers."""

import json
from datetime import datetime, timedelta, tzinfo
from pathlib import Path
from typing import Self

import polars as pl
import pytest

from cotfactory.errors import UsageError
from cotfactory.generate import heartbeat, samples
from cotfactory.generate.limits import Limits, parse_duration, parse_shard
from cotfactory.store.read import scan
from cotfactory.store.run import Run
from recorded_session import GONE_ON, RIGHT, WRONG, recipe, session


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
