"""Recorded traces as an engine."""

import asyncio
import json
import time
from pathlib import Path
from typing import Any

import pytest

from asking import asking
from cotfactory.engines import Completion, EngineError, Request, make_engine
from cotfactory.errors import UsageError
from cotfactory.store.read import scan
from cotfactory_schemas import Plugin, Teacher
from finished_run import finished_run


def recording(folder: Path, *rows: dict[str, Any]) -> Plugin:
    file = folder / "traces.jsonl"
    file.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return replaying(file)


def replaying(path: Path, **settings: Any) -> Plugin:
    return Plugin.model_validate({"kind": "replay", "path": str(path), **settings})


def replayed(plugin: Plugin, *requests: Request) -> list[Any]:
    async def ask() -> list[Any]:
        async with make_engine(plugin, Teacher(model="recorded")) as engine:
            samples = (engine.sample(request) for request in requests)
            return list(await asyncio.gather(*samples, return_exceptions=True))

    return asyncio.run(ask())


def test_samples_of_a_prompt_get_its_recorded_answers_in_order(tmp_path: Path) -> None:
    rows = [{"prompt": "What is 2 + 3?", "raw": raw} for raw in ("4", "5")]
    answers = replayed(recording(tmp_path, *rows), asking(), asking(), asking())
    assert [answer.text for answer in answers] == ["4", "5", "4"]


def test_a_recorded_trace_is_found_by_its_id(tmp_path: Path) -> None:
    rows = [
        {"trace_id": name, "prompt": "What is 2 + 3?", "reasoning": "Hm.", "response": name}
        for name in ("a", "b")
    ]
    (answer,) = replayed(recording(tmp_path, *rows), asking(trace_id="b"))
    assert answer.text.startswith("<think>")
    assert answer.text.endswith("b")


def test_the_prompt_is_found_under_the_instructions_that_a_recipe_adds(tmp_path: Path) -> None:
    plugin = recording(tmp_path, {"prompt": "What is\n\n2 + 3?", "text": "5"})
    (answer,) = replayed(plugin, asking("What is\n\n2 + 3?\n\nPut it in a box."))
    assert answer.text == "5"


def test_a_prefill_is_not_said_twice(tmp_path: Path) -> None:
    plugin = recording(tmp_path, {"prompt": "What is 2 + 3?", "raw": "<think>\nIt is 5."})
    (answer,) = replayed(plugin, asking(prefill="<think>\n"))
    assert answer.text == "It is 5."


def test_an_answer_cut_at_the_limit_goes_on_where_it_was_cut(tmp_path: Path) -> None:
    text = " ".join(str(n) for n in range(100))
    rows = [{"prompt": "Count.", "raw": raw, "completion_tokens": 100} for raw in ("no", text)]
    plugin = recording(tmp_path, *rows)
    whole, cut = replayed(plugin, asking("Count.", max_tokens=200), asking("Count.", max_tokens=40))
    assert (whole.finish_reason, cut.finish_reason) == ("stop", "length")
    (rest,) = replayed(plugin, asking("Count.", max_tokens=200, continue_from=cut.text))
    assert cut.completion_tokens == 40
    assert cut.text + rest.text == text
    assert rest.finish_reason == "stop"


def test_a_run_is_replayed_trace_by_trace(tmp_path: Path) -> None:
    run = finished_run(tmp_path / "run")
    rows = scan(run, "traces").collect().to_dicts()
    requests = [asking("another prompt", trace_id=row["trace_id"]) for row in rows]
    answers = replayed(replaying(run.path), *requests)
    assert [answer.text for answer in answers] == [row["raw"] for row in rows]


def test_an_answer_takes_the_time_of_its_tokens(tmp_path: Path) -> None:
    row = {"prompt": "What is 2 + 3?", "raw": "It is five.", "completion_tokens": 20}
    plugin = recording(tmp_path, row)
    began = time.monotonic()
    (answer,) = replayed(replaying(tmp_path / "traces.jsonl", tokens_per_s=100), asking())
    assert isinstance(answer, Completion)
    assert 0.2 <= time.monotonic() - began < 5
    assert plugin.kind == "replay"


def test_a_prompt_that_was_never_recorded_costs_its_sample(tmp_path: Path) -> None:
    (refused,) = replayed(recording(tmp_path, {"prompt": "Else?", "raw": "5"}), asking())
    assert isinstance(refused, EngineError)
    assert "no trace for this prompt" in str(refused)


@pytest.mark.parametrize(
    ("line", "fault"),
    [("{", "is no JSON"), ("[]", "is no JSON object"), ('{"prompt": "x"}', "needs a 'prompt'")],
)
def test_a_recording_that_cannot_be_read_is_named_with_its_line(
    tmp_path: Path, line: str, fault: str
) -> None:
    file = tmp_path / "bad.jsonl"
    file.write_text('{"prompt": "x", "raw": "y"}\n' + line + "\n")
    with pytest.raises(UsageError, match=rf"bad\.jsonl:2: {fault}"):
        replayed(replaying(file))
    with pytest.raises(UsageError, match="there is no"):
        replayed(replaying(tmp_path / "absent.jsonl"))
