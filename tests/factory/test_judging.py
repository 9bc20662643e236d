"""A recorded judge, through the real station and the replay engine."""

import json
from pathlib import Path

from builders import problem, trace, verdict
from cotfactory.judging import judge
from cotfactory.store.read import scan
from cotfactory.store.run import Row, Run
from cotfactory.verdicts import verify
from cotfactory_filters.verify import verifier_version
from cotfactory_filters.verify.judge import judge_messages
from cotfactory_schemas import Problem, Recipe

SAME = '{"reason": "Both are five.", "verdict": "correct"}'
CASES = {
    "judged right": (SAME, "incorrect"),
    "malformed": ("I would say it is fine", "unparsable"),
    "settled": (SAME, "correct"),
}


def run_of(folder: Path) -> Recipe:
    """A run whose recipe has a recorded judge; settled traces are not to be asked about."""
    version = verifier_version("math")
    answers: list[dict[str, object]] = []
    rows: list[Row] = []
    for question, (reply, status) in CASES.items():
        one = problem(question)
        made = trace(one, response="five, I mean")
        rows += [one, made, verdict(made, status, version=version)]
        asked = judge_messages(one, made, "reference")[-1]["content"]
        answers.append({"prompt": asked, "text": reply, "completion_tokens": 9})
    recording = folder / "judge.jsonl"
    recording.write_text("\n".join(map(json.dumps, answers)), "utf-8")
    settings = {
        "teacher": {"model": "judge-7b"},
        "engine": {"kind": "replay", "path": str(recording)},
    }
    recipe = Recipe.model_validate({"name": "test", "verify": {"judge": settings}})
    with Run.open(folder / "run", recipe) as run:
        run.append(rows)
    return recipe


def statuses(path: Path) -> dict[str, tuple[str, str]]:
    run = Run.read(path)
    latest = scan(run, "verdicts").unique("trace_id", keep="last", maintain_order=True)
    traces = scan(run, "traces").select("trace_id", "problem_id")
    prompts = scan(run, "problems").select("problem_id", "prompt")
    rows = latest.join(traces, on="trace_id").join(prompts, on="problem_id").collect()
    return {row["prompt"]: (row["verifier"], row["status"]) for row in rows.to_dicts()}


def test_a_judge_has_the_second_word_on_what_rules_did_not_accept(tmp_path: Path) -> None:
    run_of(tmp_path)
    with Run.open(tmp_path / "run") as run:
        assert judge(run, lambda *_: None) == 2
    assert statuses(tmp_path / "run") == {
        "judged right": ("judge", "correct"),
        "malformed": ("judge", "error"),
        "settled": ("math", "correct"),
    }


def test_what_was_judged_is_neither_judged_nor_verified_again(tmp_path: Path) -> None:
    run_of(tmp_path)
    for expected in (2, 0):
        with Run.open(tmp_path / "run") as run:
            assert verify(run, lambda *_: None) == 0
            assert judge(run, lambda *_: None) == expected


def test_problems_without_a_reference_are_left_to_others(tmp_path: Path) -> None:
    recipe = run_of(tmp_path)
    free: Problem = problem("free", reference=None, checks={"n": 1})
    with Run.open(tmp_path / "other", recipe) as run:
        run.append([free, trace(free), verdict(trace(free), "incorrect")])
        run.roll()
        assert judge(run, lambda *_: None) == 0
