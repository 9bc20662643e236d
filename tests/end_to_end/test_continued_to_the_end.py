"""Wrong thoughts that are handed back to the teacher, from the recipe to the published rows."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import polars as pl
import yaml

from chat_server import Body, ChatServer, answering, serving

PROBLEMS = 3
WRONG = "I count: 2 + 3 = 6, plainly.\nSo the answer is 6.</think>The answer is \\boxed{6}."
RIGHT = "Counting up from 2 gives 3, 4, 5.</think>The answer is \\boxed{5}."
GONE_ON = "From 2 I go to 3, then 4, then 5.</think>The answer is \\boxed{5}."
STILL_WRONG = "From 2 I go to 7.</think>The answer is \\boxed{7}."


def recipe(folder: Path, engine: dict[str, Any], prefill: str = "<think>") -> Path:
    questions = [{"prompt": f"What is 2 + 3? ({n})", "reference": "5"} for n in range(PROBLEMS)]
    (folder / "problems.jsonl").write_text("\n".join(map(json.dumps, questions)), "utf-8")
    source = {"kind": "files", "paths": [str(folder / "problems.jsonl")], "verifier": "math"}
    path = folder / "recipe.yaml"
    settings = {
        "name": "continued",
        "problems": [source],
        "teacher": {"model": "recorded", "prefill": prefill},
        "engine": engine,
        "generate": {"max_samples": 2, "journeys_per_problem": 1, "speculate_above": 1.0},
        "filter": {"rules": dict.fromkeys(["duplicate", "near_duplicate", "duplicate_problem"])},
        "splits": {"test_fraction": 0, "journey": {"stitched": False}},
    }
    path.write_text(yaml.safe_dump(settings), "utf-8")
    return path


def published(folder: Path, made: Path) -> dict[str, list[dict[str, Any]]]:
    command = [sys.executable, "-m", "cotfactory", "run", str(made), "--out", str(folder / "run")]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    configs = sorted((folder / "run" / "dataset" / "data").iterdir())
    return {c.name: pl.read_parquet(c / "*.parquet").to_dicts() for c in configs}


def check(rows: dict[str, list[dict[str, Any]]]) -> None:
    """Each problem gave a shortcut, and a journey in the teacher's own words but the reflection."""
    assert len(rows["shortcut"]) == len(rows["journey"]) == PROBLEMS
    shortcuts = {row["problem_id"]: row["trace_id"] for row in rows["shortcut"]}
    for row in rows["journey"]:
        text = row["messages"][-1]["content"]
        held = [text[s["start"] : s["end"]].strip() for s in row["spans"]]
        assert row["origin"] == "continued"
        assert row["pair_id"] == shortcuts[row["problem_id"]]
        assert [s["role"] for s in row["spans"]] == ["wrong_attempt", "reflection", "correct_path"]
        assert held[0] == "I count: 2 + 3 = 6, plainly."  # cut after the line that is false
        assert "5" in held[1]
        assert held[2].startswith("From 2 I go to 3, then 4, then 5.\n</think>")
        assert (
            "".join(text[s["start"] : s["end"]] for s in row["spans"]) == text[len("<think>\n") :]
        )


def test_recorded_answers_become_continued_journeys(tmp_path: Path) -> None:
    answers = [
        json.dumps({"prompt": f"What is 2 + 3? ({n})", "text": text, "completion_tokens": 9})
        for n in range(PROBLEMS)
        for text in (WRONG, RIGHT, GONE_ON)
    ]
    (tmp_path / "answers.jsonl").write_text("\n".join(answers), "utf-8")
    engine = {"kind": "replay", "path": str(tmp_path / "answers.jsonl")}
    check(published(tmp_path, recipe(tmp_path, engine)))


class Teacher:
    """A server whose first answer to each problem is wrong, and the second right."""

    def __init__(self, gone_on: str = GONE_ON) -> None:
        self.gone_on = gone_on
        self.asked: dict[str, int] = {}
        self.handed: list[str] = []

    def __call__(self, _number: int, body: Body) -> Any:
        last = body["messages"][-1]
        if last["role"] == "assistant" and len(last["content"]) > len("<think>"):
            self.handed.append(last["content"])
            return answering(self.gone_on)
        prompt = next(m["content"] for m in body["messages"] if m["role"] == "user")
        times = self.asked[prompt] = self.asked.get(prompt, 0) + 1
        return answering(WRONG if times == 1 else RIGHT)


def test_a_server_goes_on_from_its_own_wrong_thought(tmp_path: Path) -> None:
    teacher = Teacher()
    with serving(ChatServer(teacher)) as server:
        rows = published(tmp_path, recipe(tmp_path, {"kind": "openai", "base_url": server.url}))
    check(rows)
    assert len(teacher.handed) == PROBLEMS
    assert all(
        text.startswith("<think>I count: 2 + 3 = 6, plainly.\n\n") for text in teacher.handed
    )


def test_a_teacher_that_opens_its_thought_itself_goes_on_too(tmp_path: Path) -> None:
    class Opening(Teacher):
        def __call__(self, number: int, body: Body) -> Any:
            status, answer = super().__call__(number, body)
            if body["messages"][-1]["role"] == "user":
                message = answer["choices"][0]["message"]
                message["content"] = f"<think>{message['content']}"
            return status, answer

    with serving(ChatServer(Opening())) as server:
        engine = {"kind": "openai", "base_url": server.url}
        check(published(tmp_path, recipe(tmp_path, engine, prefill="")))


def test_a_teacher_that_stays_wrong_gives_no_journey(tmp_path: Path) -> None:
    with serving(ChatServer(Teacher(STILL_WRONG))) as server:
        rows = published(tmp_path, recipe(tmp_path, {"kind": "openai", "base_url": server.url}))
    assert "journey" not in rows
    assert len(rows["rejected"]) == 2 * PROBLEMS
