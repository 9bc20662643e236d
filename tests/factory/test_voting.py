"""Votes over the samples of problems without a reference, through the command line."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from cotfactory.store.read import scan
from cotfactory.store.run import Run
from cotfactory.verdicts import newest

FREE, KNOWN, FEW = "A free problem?", "What is 2 + 3?", "Asked too seldom?"
SAMPLES = [
    *((FREE, answer) for answer in (r"\frac12", "0.5", "1/2", "2")),
    *((FEW, answer) for answer in ("7", "7")),
    (KNOWN, "5"),
]
ON = ("--set", "verify.majority.min_samples=4")
OFF = ("--set", "verify.majority=null")


def cotfactory(*arguments: object) -> str:
    command = [sys.executable, "-m", "cotfactory", *map(str, arguments)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


def ingest(run: Path, samples: list[tuple[str, str]]) -> None:
    rows = [
        {
            "prompt": question,
            "text": f"<think>Thinking of {number} and {answer}.</think>It is \\boxed{{{answer}}}",
            **({"reference": "5"} if question == KNOWN else {}),
        }
        for number, (question, answer) in enumerate(samples)
    ]
    file = run.parent / "samples.jsonl"
    file.write_text("\n".join(map(json.dumps, rows)), "utf-8")
    cotfactory("ingest", file, "--out", run, "--default", "verifier=math")


def verdicts(run: Path) -> dict[str, list[tuple[str, str, str | None]]]:
    """Verifier, status and extracted answer of each problem's samples."""
    read = Run.read(run)
    rows = (
        newest(read)
        .join(scan(read, "traces").select("trace_id", "problem_id", "sample"), on="trace_id")
        .join(scan(read, "problems").select("problem_id", "prompt"), on="problem_id")
        .sort("sample")
        .collect()
    )
    said: dict[str, list[tuple[str, str, str | None]]] = {}
    for row in rows.iter_rows(named=True):
        said.setdefault(row["prompt"], []).append(
            (row["verifier"], row["status"], row["extracted"])
        )
    return said


def spoken(run: Path) -> int:
    return scan(Run.read(run), "verdicts").collect().height


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A filtered run with a vote; the tests use it in turn and leave it as they found it."""
    run = tmp_path_factory.mktemp("voted") / "run"
    ingest(run, SAMPLES)
    cotfactory("filter", run, *ON)
    return run


def test_filter_votes_where_there_is_no_reference_and_says_so(run: Path) -> None:
    said = verdicts(run)
    assert [verdict[:2] for verdict in said[FREE]] == [
        *[("majority", "correct")] * 3,
        ("majority", "incorrect"),
    ]
    assert said[FREE][1][2] == "0.5"
    assert [verdict[:2] for verdict in said[FEW]] == [("math", "unverifiable")] * 2
    assert said[KNOWN] == [("math", "correct", "5")]


def test_a_vote_that_stands_is_not_held_again(run: Path) -> None:
    before = spoken(run)
    cotfactory("filter", run, *ON)
    assert spoken(run) == before


def test_a_rule_can_refuse_what_was_voted(run: Path) -> None:
    kept = "select count(*) as n from decisions where kept"
    assert json.loads(cotfactory("query", run, kept, "--format", "json")) == [{"n": 4}]
    rule = '{reject_if: "verifier = \'majority\'", because: "only a vote says so"}'
    cotfactory("filter", run, *ON, "--set", f"filter.rules.voted={rule}")
    assert json.loads(cotfactory("query", run, kept, "--format", "json")) == [{"n": 1}]
    assert "majority" in (run / "report.html").read_text("utf-8")


def test_a_recipe_without_the_vote_takes_it_back(run: Path) -> None:
    cotfactory("filter", run, *OFF)
    assert {verdict[0] for verdict in verdicts(run)[FREE]} == {"math"}
    cotfactory("filter", run, *ON)
    assert {verdict[0] for verdict in verdicts(run)[FREE]} == {"majority"}


def test_new_samples_hold_the_vote_of_their_problem_anew_and_no_other(tmp_path: Path) -> None:
    run = tmp_path / "run"
    ingest(
        run, [(FREE, answer) for answer in "1123"] + [(KNOWN + "?", answer) for answer in "4443"]
    )
    cotfactory("filter", run, *ON)
    before = spoken(run)
    assert [status for _, status, _ in verdicts(run)[FREE]] == ["correct"] * 2 + ["incorrect"] * 2
    ingest(run, [(FREE, "2"), (FREE, "2.0")])
    cotfactory("filter", run, *ON)
    assert spoken(run) == before + 2 + 6  # two of `math`, and the votes of six samples
    assert [status for _, status, _ in verdicts(run)[FREE]] == [
        *("incorrect", "incorrect", "correct", "incorrect", "correct", "correct")
    ]
    cotfactory("filter", run, *ON, "--set", "verify.majority.min_share=0.9")
    assert {status for _, status, _ in verdicts(run)[FREE]} == {"unverifiable"}


def test_a_verifier_that_compares_no_answers_is_refused(run: Path) -> None:
    setting = ("--set", "verify.majority.verifier=code")
    command = [sys.executable, "-m", "cotfactory", "filter", str(run), *setting]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert "'code' does not compare answers" in done.stderr
    cotfactory("filter", run, "--set", "verify.majority.verifier=math")
