"""Stitched journeys that the teacher writes out as one thought, by real engines."""

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from asking import TINY
from chat_server import Body, ChatServer, answering, serving
from cotfactory.splits import materialise, rewrite
from cotfactory.splits.smoothing import first_lost_step
from cotfactory.store.run import Run
from cotfactory_schemas import Plugin, tables
from finished_run import decision, problem, recipe, trace, verdict, write_rows

WRONG = "Start with 2.\nThen 2 + 3 makes 6. So it is 6."
RIGHT = "Count up from 2: that is 3, 4, 5.\nThree steps were taken. The answer is 5."

Rewriting = Callable[[str, str], str]
"""From a part's tag and text to what the teacher makes of it."""


def a_run(path: Path, engine: Plugin, **journey: Any) -> Run:
    """Two problems with a wrong and a right sample each."""
    asked = [problem(f"What is 2 + 3? ({i})", verifier="math") for i in range(2)]
    sampled = [
        *(trace(p, 0, reasoning=WRONG, response="6") for p in asked),
        *(trace(p, 1, reasoning=RIGHT) for p in asked),
    ]
    settings = recipe(
        splits={"journey": {"smooth": True, **journey}, "test_fraction": 0}, engine=engine
    )
    with Run.open(path, settings.model_copy(update={"teacher": TINY})) as run:
        run.append([*asked, *sampled, *(verdict(t, verifier="math") for t in sampled)])
    decided = [decision(t) for t in sampled]
    write_rows(path / "decisions" / "part-000001.parquet", decided, tables.DECISIONS)
    return Run.read(path)


def smoother(rewriting: Rewriting) -> Callable[[int, Body], Any]:
    """A server's reply: every part of the draft that it is asked for, rewritten."""

    def reply(_number: int, body: Body) -> Any:
        task = body["messages"][-1]["content"]
        parts = re.findall(r"<(attempt|reflection|path)>\n(.*?)\n</\1>", task, re.DOTALL)
        made = (f"<{name}>\n{rewriting(name, part)}\n</{name}>" for name, part in parts)
        return answering("Here it is:\n\n" + "\n".join(made))

    return reply


def built(path: Path, reply: Callable[[int, Body], Any], **journey: Any) -> list[dict[str, Any]]:
    """The journey rows of a run whose teacher is a server that replies so."""
    with serving(ChatServer(reply)) as server:
        engine = Plugin.model_validate({"kind": "openai", "base_url": server.url})
        a_run(path, engine, **journey)
        with Run.open(path) as run:
            rewrite(run)
    materialise(Run.read(path))
    rows = pl.read_parquet(path / "splits" / "journey" / "*.parquet")
    return list(rows.iter_rows(named=True))


def parts_of(row: dict[str, Any]) -> list[tuple[str, str]]:
    text = row["messages"][-1]["content"]
    return [(s["role"], text[s["start"] : s["end"]].strip()) for s in row["spans"]]


def in_other_words(name: str, part: str) -> str:
    opened = {"attempt": "Well, let me see. ", "path": "Once more, and slowly. "}
    return opened.get(name, "") + part.replace("\n", " and so on. ")


def test_a_journey_that_the_teacher_wrote_out_stands_with_its_spans(tmp_path: Path) -> None:
    rows = built(tmp_path, smoother(in_other_words))
    assert len(rows) == 2
    for row in rows:
        (_, attempt), (_, reflection), (_, path) = parts_of(row)
        assert attempt == in_other_words("attempt", WRONG)
        assert path.startswith(in_other_words("path", RIGHT))
        assert "6" in reflection
        assert [role for role, _ in parts_of(row)] == [
            "wrong_attempt",
            "reflection",
            "correct_path",
        ]
        assert '"splits_smoothing":"smoothed"' in row["scores"].replace(" ", "")
        assert row["status"] == "correct"


def instead(tag: str, old: str, new: str) -> Rewriting:
    return lambda name, part: part.replace(old, new) if name == tag else part


def answer_of(text: str) -> Callable[[int, Body], Any]:
    return lambda *_: answering(text)


@pytest.mark.parametrize(
    ("reply", "reason"),
    [
        (smoother(instead("attempt", "Start with 2.\n", "")), "steps_lost"),
        (smoother(instead("path", "Three steps were taken.", "")), "steps_lost"),
        (smoother(instead("path", "that is 3, 4, 5", "that is 5, 4, 3")), "steps_lost"),
        (smoother(instead("attempt", "makes 6. So it is 6", "makes 5. So it is 5")), "new_values"),
        (smoother(instead("path", "answer is 5", "answer is 7")), "new_values"),
        (smoother(instead("path", "is 5.", "is 5. So the answer is 6.")), "verdict_lost"),
        (smoother(instead("path", "5.", "5.<think>")), "tags"),
        (smoother(instead("path", "5.", "5." + " 5." * 200)), "too_long"),
        (smoother(instead("path", "5.", "5. 不对。")), "other_script"),
        (smoother(lambda name, part: "" if name == "attempt" else part), "empty"),
        (smoother(lambda name, part: "No." if name == "reflection" else part), "names_nothing"),
        (answer_of(f"<path>{RIGHT}</path>"), "parts_lost"),
        (answer_of("I cannot help with that."), "parts_lost"),
        (answer_of("\u0000<attempt><path>" * 50), "parts_lost"),
        (lambda *_: answering("", finish_reason="length"), "no_answer"),
        (lambda *_: (400, "no"), "no_answer"),
    ],
)
def test_the_draft_is_kept_and_says_why_where_anything_is_lost(
    tmp_path: Path, reply: Callable[[int, Body], Any], reason: str
) -> None:
    for row in built(tmp_path, reply):
        (_, attempt), _, (_, path) = parts_of(row)
        assert attempt == WRONG
        assert path.startswith(RIGHT)
        assert f'"splits_smoothing":"{reason}"' in row["scores"].replace(" ", "")
    assert Run.read(tmp_path).manifest["rewrite"] == {
        "asked": {"smoothing": 2},
        "refused": {f"smoothing: {reason}": 2},
    }


def test_a_reflection_of_the_teacher_is_written_first_and_smoothed_with_the_rest(
    tmp_path: Path,
) -> None:
    told = "Six is one more than my fingers say: 6 cannot be."

    def reply(number: int, body: Body) -> Any:
        smoothing = "<attempt>" in body["messages"][-1]["content"]
        return smoother(in_other_words)(number, body) if smoothing else answering(told)

    for row in built(tmp_path, reply, reflect="engine"):
        assert parts_of(row)[:2] == [
            ("wrong_attempt", in_other_words("attempt", WRONG)),
            ("reflection", told),
        ]


def test_nothing_is_asked_twice_and_without_the_setting_the_draft_stands(tmp_path: Path) -> None:
    built(tmp_path, smoother(in_other_words))
    with Run.open(tmp_path) as run:  # its server is gone: asking would fail
        assert rewrite(run).asked.total() == 0
    with Run.open(tmp_path, recipe(splits={"test_fraction": 0})) as run:
        rewrite(run)
    materialise(Run.read(tmp_path))
    for row in pl.read_parquet(tmp_path / "splits/journey/*.parquet").iter_rows(named=True):
        assert parts_of(row)[0] == ("wrong_attempt", WRONG)
        assert "splits_smoothing" not in row["scores"]


def test_a_tiny_model_that_cannot_do_it_leaves_the_drafts(tmp_path: Path) -> None:
    engine = {"kind": "embedded", "slots": 2, "context_tokens": 768}
    a_run(tmp_path, Plugin.model_validate(engine))
    with Run.open(tmp_path) as run:
        summary = rewrite(run)
    assert summary.asked["smoothing"] == 2
    materialise(Run.read(tmp_path))
    rows = list(pl.read_parquet(tmp_path / "splits/journey/*.parquet").iter_rows(named=True))
    kept = [row for row in rows if parts_of(row)[0] == ("wrong_attempt", WRONG)]
    assert len(rows) == 2
    assert len(kept) == summary.refused.total()


@pytest.mark.parametrize(
    ("smoothed", "lost"),
    [
        ("First I take 12 and halve it, which gives 6. Now 6 and 1 are 7.", None),
        ("First I take 12 and halve it; it gives 6, and 6 and 1 are 7.", None),
        ("6 and 1 are 7. I take 12 and halve it, that gives 6.", "6 and 1 are 7."),
        ("First I take 12, and that gives 6. Now 6 and 1 are 7.", "Take 12, halve it: 6"),
        ("I take 12 and halve it, that gives 7. Now 6 and 1 are 7.", "6 and 1 are 7."),
        ("Now 6 and 1 are 7.", "Take 12, halve it: 6"),
        ("", "Take 12, halve it: 6"),
    ],
)
def test_a_step_survives_with_its_numbers_in_order_and_most_of_its_words(
    smoothed: str, lost: str | None
) -> None:
    assert first_lost_step("Take 12, halve it: 6.\n6 and 1 are 7.", smoothed) == lost
