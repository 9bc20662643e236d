"""A run is annotated, deduplicated and decided; a decision can be explained."""

from pathlib import Path
from typing import Any

import polars as pl
import pytest

import finished_run as small
from cotfactory import measures
from cotfactory.annotate import annotate
from cotfactory.benchmarks import with_benchmarks
from cotfactory.decide import decide, funnel
from cotfactory.dedup import deduplicate
from cotfactory.errors import CotfactoryError, UsageError
from cotfactory.store.run import Run
from cotfactory.why import why
from cotfactory_schemas import Problem, Recipe, Trace, Verdict

WORDS = ["one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven"]
TEXT = " ".join(f"{a} {b}" for a in WORDS for b in WORDS)
OTHER = " ".join(f"{b} and {a}" for a in WORDS for b in WORDS)


def recipe(**filters: Any) -> Recipe:
    return small.recipe(filter={"workers": 1, **filters})


def made(path: Path, rows: list[Problem | Trace | Verdict], setup: Recipe) -> Run:
    with Run.open(path, setup) as run:
        run.append(rows)
    return settled(path, setup)


def settled(path: Path, setup: Recipe) -> Run:
    with Run.open(path, setup) as run:
        annotate(run, setup.filter)
        deduplicate(run)
        decide(run)
    return Run.read(path)


def sampled(of: Problem, *texts: str, status: str = "correct") -> list[Trace | Verdict]:
    traces = [small.trace(of, i, text) for i, text in enumerate(texts)]
    return [*traces, *(small.verdict(t, status=status) for t in traces)]


def decisions(run: Run) -> dict[str, Any]:
    frame = pl.read_parquet(run.path / "decisions" / "*.parquet")
    return {row["trace_id"]: row for row in frame.to_dicts()}


def test_every_trace_is_kept_or_rejected_with_its_rules(tmp_path: Path) -> None:
    question = small.problem()
    wrong = sampled(small.problem("What is 1 + 1?"), OTHER, status="incorrect")
    rows = [question, *sampled(question, TEXT, TEXT, "short and good"), *wrong]
    run = made(tmp_path / "run", rows, recipe())
    rules = [row["rules"] for row in decisions(run).values()]
    assert sorted(rules) == [[], [], ["duplicate", "near_duplicate"], ["not_correct"]]


def test_near_duplicates_are_removed_but_one_and_the_kept_one_is_named(tmp_path: Path) -> None:
    question = small.problem()
    rows = [question, *sampled(question, TEXT, TEXT.replace("six seven", "six eleven"), OTHER)]
    run = made(tmp_path / "run", rows, recipe())
    removed = [row for row in decisions(run).values() if not row["kept"]]
    assert [row["rules"] for row in removed] == [["near_duplicate"]]
    kept = why(run, removed[0]["trace_id"]).rules
    seen = next(rule for rule in kept if rule.name == "near_duplicate").values
    assert decisions(run)[seen["near_duplicate_of"]]["kept"]
    assert 0.8 <= seen["near_duplicate_jaccard"] < 1


def test_a_changed_rule_decides_anew_and_measures_nothing(tmp_path: Path) -> None:
    question = small.problem()
    run = made(tmp_path / "run", [question, *sampled(question, TEXT, OTHER)], recipe())
    assert all(row["kept"] for row in decisions(run).values())
    before = {p: p.stat().st_mtime_ns for p in run.path.rglob("annotations/*/*.parquet")}
    rule = {"reject_if": "completion_tokens > $limit", "limit": 10, "because": "too long"}
    run = settled(run.path, recipe(rules={"long": rule}))
    assert sorted(row["rules"] for row in decisions(run).values()) == [[], ["long"]]
    assert before == {p: p.stat().st_mtime_ns for p in run.path.rglob("annotations/*/*.parquet")}


def test_traces_added_later_join_the_groups_that_are_there(tmp_path: Path) -> None:
    question = small.problem()
    run = made(tmp_path / "run", [question, *sampled(question, TEXT, OTHER)], recipe())
    with Run.open(run.path, recipe()) as writer:
        late = small.trace(question, 7, TEXT.replace("six seven", "six eleven"))
        writer.append([late, small.verdict(late)])
    with Run.open(run.path, recipe()) as writer:
        annotate(writer, recipe().filter)
        summary = deduplicate(writer)
        decide(writer)
    assert summary is not None
    assert summary.fresh == 1
    rules = [row["rules"] for row in decisions(Run.read(run.path)).values()]
    assert sorted(rules) == [[], [], ["near_duplicate"]]


def test_the_funnel_counts_every_trace_once(tmp_path: Path) -> None:
    question = small.problem()
    rows = [question, *sampled(question, TEXT, TEXT, OTHER)]
    run = made(tmp_path / "run", rows, recipe(select={"per_problem": 1}))
    steps = {step.rule: step for step in funnel(run)}
    assert steps["duplicate"].first == 1
    assert steps["not_selected"].first == 1
    assert steps["not_selected"].left == 1
    assert sum(step.first for step in steps.values()) == 2


def test_why_shows_every_rule_with_its_values(tmp_path: Path) -> None:
    question = small.problem()
    rows = [question, *sampled(question, TEXT, status="incorrect")]
    run = made(tmp_path / "run", rows, recipe())
    (trace_id,) = decisions(run)
    text = str(why(run, trace_id[:8]))
    assert f"{trace_id}  rejected" in text
    assert "REJECTS  not_correct" in text
    assert "status = incorrect" in text
    assert "passes   truncated" in text


def test_why_says_what_is_missing(tmp_path: Path) -> None:
    question = small.problem()
    with Run.open(tmp_path / "run", recipe()) as writer:
        writer.append([question, *sampled(question, TEXT)])
    with pytest.raises(CotfactoryError, match="nothing decided yet"):
        why(Run.read(tmp_path / "run"), "a")
    run = settled(tmp_path / "run", recipe())
    with pytest.raises(CotfactoryError, match="no decided trace"):
        why(run, "zzz")


def test_rules_on_an_annotator_that_is_off_are_errors_with_their_mend(tmp_path: Path) -> None:
    question = small.problem()
    rows = [question, *sampled(question, TEXT)]
    names = ("duplicate_problem", "duplicate", "near_duplicate")
    mends = r"[\s\S]*".join(f"minhash.*filter.rules.{name}=null" for name in names)
    with pytest.raises(UsageError, match=mends):
        made(tmp_path / "run", rows, recipe(annotators={"minhash": None}))
    off = recipe(annotators={"minhash": None}, rules=dict.fromkeys(names))
    assert len(decisions(settled(tmp_path / "run", off))) == 1


ASKED = "Anna has 12 apples and gives 5 of them to Ben, who had 3 before. How many has Ben now?"


def test_near_duplicate_problems_are_on_the_same_side_of_the_partition(tmp_path: Path) -> None:
    longer = f"{ASKED} {TEXT}"
    asked = [
        small.problem(longer),
        small.problem(longer.replace("How many has", "How many does") + " Please answer."),
        small.problem(longer.replace("12", "13")),
    ]
    rows = [*asked, *(row for p in asked for row in sampled(p, f"{p.prompt} so it is 8"))]
    made(tmp_path / "run", rows, recipe())
    found = pl.read_parquet(tmp_path / "run" / "annotations" / "dedup" / "*.parquet")
    named = dict(zip(found["trace_id"], found["problem_cluster"], strict=True))
    clusters = [named[small.trace(p).trace_id] for p in asked]
    assert clusters[0] == clusters[1] == min(asked[0].problem_id, asked[1].problem_id)
    assert clusters[2] is None


def test_a_problem_that_stands_in_a_benchmark_is_rejected_with_the_words_in_common(
    tmp_path: Path,
) -> None:
    leaked, clean = small.problem(ASKED), small.problem("What is 2 + 3?")
    rows = [leaked, clean, *sampled(leaked, TEXT), *sampled(clean, OTHER)]
    exam = tmp_path / "exam.jsonl"
    exam.write_text('{"id": "q7", "question": "Anna has 12 apples and gives 5 of them to Ben"}\n')
    source = {"kind": "files", "paths": [str(exam)], "columns": {"prompt": "question"}}
    setup = recipe(benchmarks=[source])
    with Run.open(tmp_path / "run", setup) as run:
        run.append(rows)
        run.roll()
        annotate(run, with_benchmarks(run))
        deduplicate(run)
        decide(run)
    rejected = [row for row in decisions(Run.read(tmp_path / "run")).values() if not row["kept"]]
    assert [row["rules"] for row in rejected] == [["contaminated"]]
    assert "exam:q7" in rejected[0]["values"]
    assert "Anna has 12 apples and gives 5 of them to Ben" in rejected[0]["values"]


@pytest.mark.parametrize("texts", [[], [""], ["", "  \n"]])
def test_runs_without_words_are_decided_too(tmp_path: Path, texts: list[str]) -> None:
    question = small.problem()
    blank = [small.trace(question, i, text, response="") for i, text in enumerate(texts)]
    run = made(tmp_path / "run", [question, *blank], recipe())
    assert len(decisions(run)) == len(texts)
    assert not any(row["kept"] for row in decisions(run).values())


def test_a_part_that_was_written_before_a_column_was_known_is_decided(tmp_path: Path) -> None:
    question = small.problem()
    run = made(tmp_path / "run", [question, *sampled(question, TEXT)], recipe())
    (part,) = run.parts("problems")
    older = pl.read_parquet(part).drop("licence")
    older.write_parquet(part)
    assert measures.measure(run)["licence"].to_list() == [None]
