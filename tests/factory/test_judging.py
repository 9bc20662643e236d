"""A judge through the real station: recorded, and at a server that sometimes rambles."""

import json
from pathlib import Path
from typing import Any

import pytest

from builders import problem, trace, verdict
from chat_server import Body, ChatServer, Reply, answering, serving
from cotfactory.errors import CotfactoryError
from cotfactory.judging import judge
from cotfactory.store.read import scan
from cotfactory.store.run import Row, Run
from cotfactory.verdicts import verify
from cotfactory_filters.verify import verifier_version
from cotfactory_filters.verify.judge import Judge
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
        asked = Judge("", "", "reference").messages(one, made)[-1].content
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


JUDGED = {
    "judged right": ("judge", "correct"),
    "malformed": ("judge", "error"),
    "settled": ("math", "correct"),
}


def test_a_judge_has_the_second_word_on_what_rules_did_not_accept(tmp_path: Path) -> None:
    run_of(tmp_path)
    with Run.open(tmp_path / "run") as run:
        assert judge(run, lambda *_: None) == 2
    assert statuses(tmp_path / "run") == JUDGED


def test_what_was_judged_is_neither_judged_nor_verified_again(tmp_path: Path) -> None:
    run_of(tmp_path)
    for expected in (2, 0):
        with Run.open(tmp_path / "run") as run:
            assert verify(run, lambda *_: None) == 0
            assert judge(run, lambda *_: None) == expected


def test_a_judges_word_holds_after_the_rules_spoke_anew(tmp_path: Path) -> None:
    run_of(tmp_path)
    with Run.open(tmp_path / "run") as run:
        judge(run, lambda *_: None)
    with Run.open(tmp_path / "run") as run:
        again = trace(problem("judged right"), response="five, I mean")
        run.append([verdict(again, "incorrect", version=verifier_version("math"))])
        run.roll()
        assert statuses(tmp_path / "run")["judged right"] == ("math", "incorrect")
        assert judge(run, lambda *_: None) == 0
    assert statuses(tmp_path / "run") == JUDGED


def test_a_recipe_without_the_judge_takes_its_word_back(tmp_path: Path) -> None:
    recipe = run_of(tmp_path)
    with Run.open(tmp_path / "run") as run:
        judge(run, lambda *_: None)
    silent = recipe.model_copy(update={"verify": recipe.verify.model_copy(update={"judge": None})})
    with Run.open(tmp_path / "run", silent) as run:
        assert judge(run, lambda *_: None) == 0
    assert statuses(tmp_path / "run") == {
        question: ("math", status) for question, (_, status) in CASES.items()
    }
    with Run.open(tmp_path / "run", recipe) as run:
        assert judge(run, lambda *_: None) == 0
    assert statuses(tmp_path / "run") == JUDGED


def test_problems_without_a_reference_are_left_to_others(tmp_path: Path) -> None:
    recipe = run_of(tmp_path)
    free: Problem = problem("free", reference=None, checks={"n": 1})
    with Run.open(tmp_path / "other", recipe) as run:
        run.append([free, trace(free), verdict(trace(free), "incorrect")])
        run.roll()
        assert judge(run, lambda *_: None) == 0


def judged_by(server: ChatServer, **changes: Any) -> Recipe:
    settings = {
        "teacher": {"model": "judge-7b", "sampling": {"temperature": 0, "max_tokens": 200}},
        "engine": {"kind": "openai", "base_url": server.url, "retries": 0},
        **changes,
    }
    return Recipe.model_validate({"name": "test", "verify": {"judge": settings}})


def rhymes(path: Path, server: ChatServer, **changes: Any) -> int:
    """Has poems judged by a rubric; no problem has a reference."""
    own = {"rubric": ["It is about the sea.", "It has two lines."]}
    poems = [
        problem("Write a poem.", reference=None, verifier=""),
        problem("Write two lines.", reference=None, verifier="", checks=own),
        problem("What is 2 + 3?"),
    ]
    with Run.open(path, judged_by(server, mode="rubric", **changes)) as run:
        if not run.rows("traces"):
            run.append([row for poem in poems for row in (poem, trace(poem, response="O sea!"))])
            run.roll()
        verify(run, lambda *_: None)
        return judge(run, lambda *_: None)


def test_a_malformed_reply_is_asked_again_with_a_reminder(tmp_path: Path) -> None:
    def reply(_: int, body: Body) -> Reply:
        reminded = body["messages"][-1]["content"].startswith("That is not one JSON object")
        return answering(SAME if reminded else "Looks right to me, {verdict: correct}")

    with serving(ChatServer(reply)) as server:
        assert rhymes(tmp_path / "run", server, rubric="It rhymes.") == 2
        assert rhymes(tmp_path / "run", server, rubric="It rhymes.") == 0
    assert len(server.bodies) == 4
    assert statuses(tmp_path / "run") == {
        "Write a poem.": ("judge", "correct"),
        "Write two lines.": ("judge", "correct"),
        "What is 2 + 3?": ("math", "incorrect"),
    }


def test_a_reply_that_stays_malformed_is_an_error_after_all_attempts(tmp_path: Path) -> None:
    with serving(ChatServer(lambda *_: answering("Hm."))) as server:
        assert rhymes(tmp_path / "run", server, attempts=3) == 1
    assert len(server.bodies) == 3
    assert statuses(tmp_path / "run")["Write two lines."] == ("judge", "error")


def test_a_rubric_judge_is_asked_by_the_problems_criteria_or_the_recipes(tmp_path: Path) -> None:
    with serving(ChatServer(lambda *_: answering(SAME))) as server:
        assert rhymes(tmp_path / "run", server) == 1  # only one brings criteria
        assert rhymes(tmp_path / "run", server, rubric="It rhymes.") == 2  # another wording
    asked = [body["messages"][1]["content"] for body in server.bodies]
    assert ["It is about the sea." in text for text in asked].count(True) == 2
    assert sum("It rhymes." in text for text in asked) == 1
    assert not any("<reference>" in text for text in asked)


def test_only_another_judge_is_asked_again(tmp_path: Path) -> None:
    with serving(ChatServer(lambda *_: answering(SAME))) as server:
        assert rhymes(tmp_path / "run", server) == 1
        assert rhymes(tmp_path / "run", server, attempts=9) == 0
        hotter = {"model": "judge-7b", "sampling": {"temperature": 0.5, "max_tokens": 200}}
        assert rhymes(tmp_path / "run", server, teacher=hotter) == 1


def test_a_thought_that_the_server_parts_from_the_answer_is_no_verdict(tmp_path: Path) -> None:
    thought = '{"verdict": "incorrect"}? No.'
    with serving(ChatServer(lambda *_: answering(SAME, reasoning_content=thought))) as server:
        teacher = {"model": "judge-7b", "prefill": "<think>"}
        assert rhymes(tmp_path / "run", server, teacher=teacher) == 1
    assert statuses(tmp_path / "run")["Write two lines."] == ("judge", "correct")


def test_a_judge_that_is_gone_says_what_to_do(tmp_path: Path) -> None:
    with (
        serving(ChatServer(lambda *_: (503, "gone"))) as server,
        pytest.raises(CotfactoryError, match="run the same command again"),
    ):
        rhymes(tmp_path / "run", server)
