"""Every shipped recipe, planned and run to its splits on local problems and a recorded teacher."""

import shutil
from collections.abc import Callable
from pathlib import Path

import polars as pl
import pytest

from cotfactory import pipeline, recipe
from cotfactory.display import QuietDisplay
from cotfactory.generate.limits import Limits
from cotfactory.generate.preview import preview
from cotfactory.store.read import scan
from cotfactory.store.run import Run
from shipped_slice import RIGHT, slice_of

GENERATING = [name for name in recipe.names() if recipe.load(name).teacher is not None]
R1_ROWS = {"math": 395285, "code": 211129, "stem": 10124, "logic": 10395, "general": 177812}

RunOf = Callable[[str], Run]


@pytest.fixture(scope="module")
def run_of(tmp_path_factory: pytest.TempPathFactory) -> RunOf:
    """Runs the slice of a recipe from problems to splits, once however many tests look at it."""
    made: dict[str, Run] = {}

    def run(name: str) -> Run:
        if name not in made:
            folder = tmp_path_factory.mktemp(name)
            small = slice_of(name, folder)
            pipeline.generate_run(folder / "run", small, QuietDisplay(), Limits())
            pipeline.filter_run(folder / "run", small, QuietDisplay())
            made[name] = Run.read(folder / "run")
        return made[name]

    return run


def decided(run: Run) -> pl.DataFrame:
    """Traces with their decisions and verdicts."""
    decisions = pl.read_parquet(run.path / "decisions" / "*.parquet")
    verdicts = scan(run, "verdicts").select("trace_id", "status").collect()
    traces = scan(run, "traces").collect()
    return traces.join(decisions, on="trace_id").join(verdicts, on="trace_id")


@pytest.mark.parametrize("name", GENERATING)
def test_a_shipped_recipe_plans(name: str, tmp_path: Path) -> None:
    plan = preview(slice_of(name, tmp_path), tmp_path / "run")
    assert plan.row_faults == []
    assert plan.samples_at_most >= plan.samples_at_least >= sum(plan.problems.values()) > 0
    assert not (tmp_path / "run").exists()


@pytest.mark.parametrize("name", GENERATING)
def test_a_slice_of_a_shipped_recipe_runs_from_problems_to_splits(name: str, run_of: RunOf) -> None:
    run = run_of(name)
    problems = set(scan(run, "problems").collect()["problem_id"])
    assert set(scan(run, "outcomes").collect()["problem_id"]) == problems
    rows = decided(run)
    kept = rows.filter("kept")
    assert set(kept["problem_id"]) == problems
    assert len(rows) == len(scan(run, "traces").collect())
    placed = pl.concat(
        pl.scan_parquet(run.path / "splits" / split / "*.parquet").select("trace_id").collect()
        for split in pipeline.SPLITS
        if (run.path / "splits" / split).exists()
    )
    assert set(placed["trace_id"]) >= set(rows["trace_id"])


def test_every_answer_is_kept_after_openthoughts(run_of: RunOf) -> None:
    rows = decided(run_of("openthoughts-16x"))
    assert rows.group_by("problem_id").len()["len"].unique().to_list() == [16]
    assert rows["kept"].all()
    wrong = rows.filter(pl.col("status") == "incorrect")
    assert wrong.group_by("problem_id").len()["len"].unique().to_list() == [16 - len(RIGHT)]


def test_one_trace_of_each_hard_problem_is_kept_after_limo(run_of: RunOf) -> None:
    rows = decided(run_of("limo"))
    assert rows.group_by("problem_id").len()["len"].unique().to_list() == [32]
    kept = rows.filter("kept")
    assert kept["problem_id"].is_unique().all()
    assert set(kept["status"]) == {"correct"}


def test_general_answers_have_a_full_a_short_or_no_thought(run_of: RunOf) -> None:
    run = run_of("r1-800k")
    problems = scan(run, "problems").filter(pl.col("domain") == "general").collect()
    assert set(problems["thought"]) == {"full", "short", "none"}
    traces = decided(run).join(problems.select("problem_id", "thought"), on="problem_id")
    empty = traces.select("thought", empty=pl.col("reasoning").str.strip_chars() == "")
    assert set(empty.unique().rows()) == {("full", False), ("short", False), ("none", True)}


def test_a_short_thought_that_is_long_is_rejected(run_of: RunOf, tmp_path: Path) -> None:
    run = tmp_path / "run"
    shutil.copytree(run_of("r1-800k").path, run)
    made = recipe.reload(run, ["filter.rules.unwanted_thought.limit=10"])
    pipeline.filter_run(run, made, QuietDisplay())
    problems = scan(Run.read(run), "problems").select("problem_id", "thought").collect()
    rows = decided(Run.read(run)).join(problems, on="problem_id")
    fired = rows.filter(pl.col("rules").list.contains("unwanted_thought"))
    assert fired.height == rows.filter(pl.col("thought") == "short").height > 0


def test_r1_800k_keeps_as_many_rows_as_the_table_says() -> None:
    select = recipe.load("r1-800k").filter.select
    assert select.quotas == R1_ROWS
    assert sum(select.quotas.values()) == 804745
