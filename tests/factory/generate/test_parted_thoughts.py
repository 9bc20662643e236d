"""Continuations through servers that part the thought from the answer: no word lost, none twice."""

import json
from pathlib import Path
from typing import Any

import pytest

from chat_server import Body, ChatServer, Reply, answering, serving
from cotfactory.generate import generate
from cotfactory.store.read import scan
from cotfactory.store.run import Run
from cotfactory_schemas import Recipe
from parting_servers import (
    ANSWER,
    THOUGHT,
    Say,
    like_llama_cpp,
    like_sglang,
    like_vllm,
    opening_of,
    parting_all_again,
    speaking,
)

SERVERS = (like_vllm, like_sglang, like_llama_cpp, parting_all_again)


def session(folder: Path, server: ChatServer, **sections: Any) -> list[dict[str, Any]]:
    """The traces of a session over one sum, parents first, each with its verdict's status."""
    rows = json.dumps({"prompt": "What is 2 + 3?", "reference": "5"})
    (folder / "problems.jsonl").write_text(rows, "utf-8")
    source = {"kind": "files", "paths": [str(folder / "problems.jsonl")], "verifier": "math"}
    recipe = Recipe.model_validate(
        {
            "name": "parted",
            "problems": [source],
            "engine": {"kind": "openai", "base_url": server.url},
            "teacher": {"model": "m"},
            **sections,
        }
    )
    with Run.open(folder / "run", recipe) as run:
        generate(run, lambda _: None, None)
    stored = Run.read(folder / "run")
    verdicts = scan(stored, "verdicts").select("trace_id", "status")
    traces = scan(stored, "traces").join(verdicts, on="trace_id", how="left")
    return traces.sort("continuation", "max_tokens").collect().to_dicts()


def cut_at(*limits: int, prefill: str = "") -> dict[str, Any]:
    teacher = {"model": "m", "prefill": prefill, "sampling": {"max_tokens": limits[0]}}
    return {
        "teacher": teacher,
        "generate": {"max_samples": 1, "continue_truncated": list(limits[1:])},
    }


@pytest.mark.parametrize("say", SERVERS)
@pytest.mark.parametrize("prefill", ["", "<think>"])
def test_a_thought_cut_twice_ends_as_the_uncut_one(tmp_path: Path, say: Say, prefill: str) -> None:
    with serving(ChatServer(speaking(say))) as server:
        first, second, last = session(tmp_path, server, **cut_at(20, 40, 80, prefill=prefill))
    assert first["raw"] == "<think>" + THOUGHT[: THOUGHT.index(" w20")]
    assert second["raw"] == "<think>" + THOUGHT[: THOUGHT.index(" w40")]
    assert last["raw"] == f"<think>{THOUGHT}</think>{ANSWER}"
    assert [row["layout"] for row in (first, second, last)] == ["think_open", "think_open", "think"]
    assert (last["reasoning"], last["response"], last["status"]) == (THOUGHT, ANSWER, "correct")
    assert [opening_of(body) for body in server.bodies] == [prefill, first["raw"], second["raw"]]
    assert [body["max_tokens"] for body in server.bodies] == [20, 20, 40]


@pytest.mark.parametrize("say", SERVERS)
def test_an_answer_cut_after_its_thought_goes_on_as_an_answer(tmp_path: Path, say: Say) -> None:
    with serving(ChatServer(speaking(say))) as server:
        cut, whole = session(tmp_path, server, **cut_at(53, 80))
    assert cut["raw"] == f"<think>{THOUGHT}</think>The answer"
    assert whole["raw"] == f"<think>{THOUGHT}</think>{ANSWER}"
    assert (whole["reasoning"], whole["response"]) == (THOUGHT, ANSWER)


@pytest.mark.parametrize("say", SERVERS)
def test_a_thought_cut_at_its_very_end_is_closed_by_its_continuation(
    tmp_path: Path, say: Say
) -> None:
    with serving(ChatServer(speaking(say))) as server:
        cut, whole = session(tmp_path, server, **cut_at(50, 80))
    assert cut["layout"] == "think_open"
    assert whole["raw"] == f"<think>{THOUGHT}</think>{ANSWER}"


@pytest.mark.parametrize("repeats", [False, True])
def test_a_journey_keeps_the_wrong_thought_and_its_cue(tmp_path: Path, repeats: bool) -> None:  # noqa: FBT001 - a parameter of pytest
    wrong, right = "2 + 3 = 6. So it is 6.", "Counting again, it is 5."

    def reply(number: int, body: Body) -> Reply:
        if opening := opening_of(body):
            before = opening.removeprefix("<think>") if repeats else ""
            return answering(ANSWER, reasoning_content=before + right)
        answer = "The answer is \\boxed{6}" if number == 0 else ANSWER
        return answering(answer, reasoning_content=wrong if number == 0 else THOUGHT)

    settings = {"max_samples": 2, "journeys_per_problem": 1, "speculate_above": 1.0}
    with serving(ChatServer(reply)) as server:
        *_, journey = session(tmp_path, server, generate=settings)
    cue = json.loads(journey["extra"])["reflection"]
    assert journey["continuation"] == "journey"
    assert journey["raw"].startswith("<think>2 + 3 = 6.")
    assert journey["raw"].endswith(f"\n\n{cue}\n\n{right}</think>{ANSWER}")
    assert journey["raw"].count(cue) == journey["raw"].count("</think>") == 1
    assert opening_of(server.bodies[-1]) + f"{right}</think>{ANSWER}" == journey["raw"]
    assert journey["status"] == "correct"


def test_absurd_counts_cost_no_trace_and_no_run(tmp_path: Path) -> None:
    def reply(number: int, _: Body) -> Reply:
        status, answer = answering(f"<think>{number}</think>{ANSWER}")
        absurd = [10**20, -7, "many", 2.5, True, None, [3]][number % 7]
        answer["usage"] = {"prompt_tokens": absurd, "completion_tokens": absurd}
        return status, answer

    settings = {"max_samples": 7, "until_correct": False}
    with serving(ChatServer(reply)) as server:
        traces = session(tmp_path, server, generate=settings)
    assert [row["finish_reason"] for row in traces] == ["stop"] * 7
    assert {row["completion_tokens"] for row in traces} == {None}


def test_a_parent_counted_beyond_its_limit_leaves_room_for_its_continuation(
    tmp_path: Path,
) -> None:
    def reply(number: int, _: Body) -> Reply:
        is_first = number == 0
        text = "<think>2 + 3" if is_first else f" is 5</think>{ANSWER}"
        status, answer = answering(text, finish_reason="length" if is_first else "stop")
        answer["usage"] = {"prompt_tokens": 1, "completion_tokens": 2**31 - 1}
        return status, answer

    with serving(ChatServer(reply)) as server:
        _, whole = session(tmp_path, server, **cut_at(20, 80))
    assert server.bodies[1]["max_tokens"] == 60
    assert (whole["status"], whole["completion_tokens"]) == ("correct", None)
