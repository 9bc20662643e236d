"""The annotate driver: cached, resumable, and one bad row costs one row."""

from pathlib import Path

import polars as pl
import pytest

from cotfactory.annotate import AnnotateSummary, annotate
from cotfactory.errors import CotfactoryError, UsageError
from cotfactory.store.run import Run
from cotfactory_filters.annotate.registry import REGISTRY
from cotfactory_schemas import Problem, Recipe, Trace
from cotfactory_schemas.recipe import FilterSettings
from finished_run import damage, problem, recipe, trace

SHORT = ("length", "format")


def only(*names: str, workers: int = 1) -> FilterSettings:
    off: dict[str, dict[str, object] | None] = dict.fromkeys(REGISTRY.shipped)
    return FilterSettings(annotators={**off, **{name: {} for name in names}}, workers=workers)


def run_with(path: Path, *parts: list[Trace], problems: list[Problem] | None = None) -> Path:
    with Run.open(path, Recipe.model_validate(recipe())) as writer:
        writer.append(problems or [problem()])
        for part in parts:
            writer.append(part)
            writer.roll()
    return path


def annotated(path: Path, settings: FilterSettings) -> AnnotateSummary:
    return annotate(Run.read(path), settings)


def values(path: Path, annotator: str) -> pl.DataFrame:
    return pl.read_parquet(path / "annotations" / annotator / "*.parquet")


def test_each_trace_part_gets_a_part_of_each_annotator(tmp_path: Path) -> None:
    first, second = trace(problem()), trace(problem(), sample=1, reasoning="a longer thought")
    run = run_with(tmp_path / "run", [first], [second])
    summary = annotated(run, only(*SHORT))
    assert (summary.traces, summary.parts_measured, summary.parts_cached) == (2, 4, 0)
    names = [part.name for part in Run.read(run).parts("traces")]
    assert sorted(p.name for p in (run / "annotations/length").iterdir()) == names
    lengths = values(run, "length").select("trace_id", "reasoning_chars")
    assert dict(lengths.iter_rows()) == {t.trace_id: len(t.reasoning) for t in (first, second)}


def test_only_new_parts_are_measured(tmp_path: Path) -> None:
    run = run_with(tmp_path / "run", [trace(problem())])
    annotated(run, only(*SHORT))
    run_with(run, [trace(problem(), sample=1)])
    summary = annotated(run, only(*SHORT))
    assert (summary.parts_measured, summary.parts_cached) == (2, 2)
    assert annotated(run, only(*SHORT)).parts_measured == 0


def test_changed_settings_measure_one_annotator_again(tmp_path: Path) -> None:
    run = run_with(tmp_path / "run", [trace(problem())])
    annotated(run, only(*SHORT))
    changed = only(*SHORT).model_copy(
        update={"annotators": {**only("format").annotators, "length": {"bytes_per_token": 1.0}}}
    )
    summary = annotated(run, changed)
    assert (summary.parts_measured, summary.parts_cached) == (1, 1)


def test_a_raised_version_measures_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    run = run_with(tmp_path / "run", [trace(problem())])
    annotated(run, only("length"))
    monkeypatch.setattr(REGISTRY.load("length"), "version", 99)
    assert annotated(run, only("length")).parts_measured == 1


def test_a_damaged_annotation_is_made_again(tmp_path: Path) -> None:
    run = run_with(tmp_path / "run", [trace(problem())])
    annotated(run, only("length"))
    (part,) = (run / "annotations/length").iterdir()
    part.write_bytes(b"PAR1 torn")
    assert annotated(run, only("length")).parts_measured == 1
    assert values(run, "length").height == 1


def test_a_damaged_trace_part_is_named_with_the_mend(tmp_path: Path) -> None:
    run = Run.read(run_with(tmp_path / "run", [trace(problem())]))
    damage(*run.parts("traces"))
    with pytest.raises(CotfactoryError, match=r"is damaged .* Restore it"):
        annotate(run, only("length"))


def test_a_raw_text_that_the_part_does_not_hold_is_restored(tmp_path: Path) -> None:
    run = run_with(tmp_path / "run", [trace(problem())])
    (part,) = Run.read(run).parts("traces")
    assert pl.read_parquet(part)["raw"].to_list() == [None]
    annotated(run, only("format"))
    assert values(run, "format")["thoughts"].to_list() == [1]


def test_the_problem_says_which_language_is_expected(tmp_path: Path) -> None:
    english, chinese = problem(), problem("二加三等于多少?", language="zh")
    thought = "首先我们需要把两个数加起来"
    traces = [trace(p, reasoning=thought) for p in (english, chinese)]
    run = run_with(tmp_path / "run", traces, problems=[english, chinese])
    annotated(run, only("language"))
    shares = dict(values(run, "language").select("trace_id", "share").iter_rows())
    assert [shares[t.trace_id] for t in traces] == [0, 1]


def test_worker_processes_measure_the_same(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("cotfactory.annotate.WORKER_BYTES", 1)
    parts = [[trace(problem(), sample=n)] for n in range(2)]
    alone = run_with(tmp_path / "alone", *parts)
    together = run_with(tmp_path / "together", *parts)
    annotated(alone, only(*SHORT))
    annotated(together, only(*SHORT, workers=2))
    for name in SHORT:
        assert values(alone, name).equals(values(together, name))


def test_progress_counts_traces(tmp_path: Path) -> None:
    run = run_with(tmp_path / "run", [trace(problem())], [trace(problem(), sample=1)])
    seen: list[tuple[str, int, int | None]] = []
    annotate(Run.read(run), only("length"), lambda *step: seen.append(step))
    assert seen == [("annotate", done, 2) for done in range(3)]


def test_a_run_without_traces_has_nothing_to_measure(tmp_path: Path) -> None:
    assert annotated(run_with(tmp_path / "run"), only("length")).traces == 0


@pytest.mark.parametrize(
    ("annotators", "message"),
    [
        ({"lenght": {}}, "Did you mean 'length'"),
        ({"length": {"bytes": 3}}, "filter.annotators.length.bytes"),
        ({"length": {"bytes_per_token": -1}}, "greater than 0"),
    ],
)
def test_wrong_settings_are_named(
    tmp_path: Path, annotators: dict[str, dict[str, object] | None], message: str
) -> None:
    run = run_with(tmp_path / "run")
    with pytest.raises(UsageError, match=message):
        annotated(run, FilterSettings(annotators=annotators))


def with_plugin(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    monkeypatch.setitem(REGISTRY.shipped, "fussy", f"fussy_annotator:{name}")


def test_a_bad_row_costs_one_row(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with_plugin(monkeypatch, "Fussy")
    traces = [trace(problem(), sample=n, reasoning=f"thought {n}") for n in range(9)]
    traces[4] = trace(problem(), sample=4, reasoning="unlucky")
    run = run_with(tmp_path / "run", traces)
    summary = annotated(run, only("fussy"))
    (failure,) = summary.failures
    assert failure.trace_id == traces[4].trace_id
    assert "met an unlucky thought" in str(failure)
    assert values(run, "fussy")["chars"].to_list() == [9] * 4 + [None] + [9] * 4


def test_an_annotator_that_always_fails_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with_plugin(monkeypatch, "Fussy")
    traces = [trace(problem(), sample=n, reasoning="unlucky") for n in range(150)]
    run = run_with(tmp_path / "run", traces)
    with pytest.raises(CotfactoryError, match=r"filter\.annotators\.fussy=null"):
        annotated(run, only("fussy"))
    assert not list((run / "annotations").rglob("*.parquet"))


def test_an_annotator_of_the_wrong_shape_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with_plugin(monkeypatch, "Shrinking")
    run = run_with(tmp_path / "run", [trace(problem())])
    with pytest.raises(CotfactoryError, match="'fussy': returned 0 rows"):
        annotated(run, only("fussy"))
