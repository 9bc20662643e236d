"""Annotating on a Ray cluster: the same values as in processes."""

import os
from pathlib import Path

import polars as pl
import pytest

from cotfactory.annotate import annotate
from cotfactory.errors import CotfactoryError
from cotfactory.store.run import Run
from cotfactory_filters.annotate.registry import REGISTRY
from cotfactory_schemas import Recipe
from cotfactory_schemas.recipe import FilterSettings
from finished_run import damage, problem, recipe, trace

pytest.importorskip("ray.data", reason="runs where Ray is installed: pip install 'ray[data]'")
pytestmark = [
    pytest.mark.timeout(180),
    pytest.mark.filterwarnings("ignore"),  # Ray's own: open sockets, deprecated calls
]


def settings(**changes: object) -> FilterSettings:
    others: dict[str, object] = dict.fromkeys(REGISTRY.shipped)
    annotators = {**others, "length": {}, "format": {}}
    return FilterSettings.model_validate({"annotators": annotators, **changes})


def run_with_two_parts(path: Path) -> Run:
    with Run.open(path, Recipe.model_validate(recipe())) as writer:
        writer.append([problem()])
        for sample in range(2):
            writer.append([trace(problem(), sample, reasoning=f"thought {sample}")])
            writer.roll()
    return Run.read(path)


def test_ray_measures_the_same_as_processes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(os.environ, "RAY_AUTH_MODE", "disabled")
    here, there = (run_with_two_parts(tmp_path / name) for name in ("here", "there"))
    annotate(here, settings())
    summary = annotate(there, settings(executor="ray"))
    assert (summary.parts_measured, summary.failures) == (4, ())
    for name in ("length", "format"):
        parts = [run.path / "annotations" / name / "*.parquet" for run in (here, there)]
        assert pl.read_parquet(parts[0]).equals(pl.read_parquet(parts[1]))
    assert annotate(there, settings(executor="ray")).parts_measured == 0


def test_a_damaged_part_is_named_from_the_cluster(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(os.environ, "RAY_AUTH_MODE", "disabled")
    run = run_with_two_parts(tmp_path / "run")
    damage(run.parts("traces")[1])
    with pytest.raises(CotfactoryError, match=r"part-000002\.parquet: is damaged"):
        annotate(run, settings(executor="ray"))
