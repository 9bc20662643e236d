import asyncio
from pathlib import Path

import polars as pl
import pytest

from cotfactory.engines.base import Completion, EngineError, Request
from cotfactory.errors import UsageError
from cotfactory.splits import materialise, rewrite
from cotfactory.splits.smoothing import objection
from cotfactory.splits.stitched import drafts
from cotfactory.splits.teacher import WrittenSummary, asker, write
from cotfactory.store.run import Run
from cotfactory_schemas import Message, Teacher, tables
from finished_run import decision, problem, recipe, trace, verdict, write_rows
from split_samples import placed, sample

TOLD = "Counting on my fingers, 6 is one too many. Back to the start."


def a_run(path: Path, told_by: str = "engine") -> Run:
    """Two problems with a wrong and a right sample each."""
    asked = [problem(f"What is {i + 1} + {4 - i}?", verifier="math") for i in range(2)]
    sampled = [
        *(trace(p, 0, reasoning="It is 6.", response="6") for p in asked),
        *(trace(p, 1) for p in asked),
    ]
    settings = recipe(splits={"journey": {"reflect": told_by}, "test_fraction": 0})
    with Run.open(path, settings) as run:
        run.append([*asked, *sampled, *(verdict(t, verifier="math") for t in sampled)])
    decided = [decision(t) for t in sampled]
    write_rows(path / "decisions" / "part-000001.parquet", decided, tables.DECISIONS)
    return Run.read(path)


class ATeacher:
    """Says the same to everyone, and remembers what it was asked."""

    def __init__(self, says: str) -> None:
        self.says = says
        self.asked: list[str] = []

    async def __call__(self, messages: tuple[Message, ...], _max_tokens: int) -> str:
        self.asked.append(messages[-1].content)
        return self.says


def written(path: Path, teacher: ATeacher) -> WrittenSummary:
    with Run.open(path) as run:
        return asyncio.run(write(run, teacher))


def journeys(path: Path) -> list[str]:
    materialise(Run.read(path))
    rows = pl.read_parquet(path / "splits" / "journey" / "*.parquet")
    return [messages[-1]["content"] for messages in rows["messages"].to_list()]


def test_a_reflection_that_the_teacher_wrote_stands_in_the_journey(tmp_path: Path) -> None:
    a_run(tmp_path)
    teacher = ATeacher(TOLD)
    assert written(tmp_path, teacher).facts() == {"asked": {"reflection": 2}, "refused": {}}
    assert all("What is" in asked and "It is 6." in asked for asked in teacher.asked)
    assert all(TOLD in text for text in journeys(tmp_path))


def test_nothing_is_asked_twice(tmp_path: Path) -> None:
    a_run(tmp_path)
    written(tmp_path, ATeacher(TOLD))
    again = ATeacher("Something else about 6.")
    assert written(tmp_path, again).asked.total() == 0
    assert not again.asked


def test_a_reflection_that_gives_the_answer_away_is_refused_and_ours_stands_in(
    tmp_path: Path,
) -> None:
    a_run(tmp_path)
    summary = written(tmp_path, ATeacher("6 is wrong, it must be 5."))
    assert summary.refused == {"reflection: gives_away": 2}
    for text in journeys(tmp_path):
        assert "must be" not in text
        assert "It is 6.\n\n" in text


def test_without_the_setting_our_own_sentences_stand(tmp_path: Path) -> None:
    a_run(tmp_path, told_by="phrases")
    written(tmp_path, ATeacher(TOLD))
    assert not any(TOLD in text for text in journeys(tmp_path))


RIGHT = sample("Six sevens are 42.", number=2)
(DRAFT,) = drafts(placed(sample("I guess 40.", answer="40", number=1), RIGHT))


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("Wait, 40 is not a multiple of 7.", None),
        ("", "empty"),
        ("40 is wrong. " * 100, "too_long"),
        ("</think> 40 is wrong.", "tags"),
        ("40 is wrong, \\boxed{41}.", "tags"),
        ("40 不对。", "other_script"),
        ("Something is off.", "names_nothing"),
        ("40 is wrong, it is 42.", "gives_away"),
        ("40 is wrong, as 420 would be.", None),
    ],
)
def test_a_reflection_names_what_fails_and_gives_nothing_away(
    text: str, reason: str | None
) -> None:
    assert objection(text, DRAFT, 0) == reason


def test_a_reflection_may_say_what_the_failed_check_says() -> None:
    wrong = sample("6 * 7 = 40", answer="40", number=1)
    (draft,) = drafts(placed(wrong, RIGHT))
    assert objection("Wait, 6 * 7 = 40 is not so: it is 42.", draft, 0) is None


class AnEngine:
    """Answers with a text, or refuses."""

    def __init__(self, text: str | None) -> None:
        self.text = text
        self.requests: list[Request] = []

    async def sample(self, request: Request) -> Completion:
        self.requests.append(request)
        if self.text is None:
            raise EngineError("too long")
        return Completion(self.text, "stop", 1, 1, 0.1)


def test_an_engine_is_asked_with_the_teachers_sampling_and_its_thought_is_left_out() -> None:
    engine = AnEngine("<think>Hm.</think>40 is wrong.")
    ask = asker(engine.sample, Teacher(model="tiny"))
    question = (Message(role="user", content="?"),)
    assert asyncio.run(ask(question, 99)) == "40 is wrong."
    assert asyncio.run(ask(question, 99)) == "40 is wrong."
    assert engine.requests[0] == engine.requests[1]


def test_what_an_engine_refuses_is_no_reflection() -> None:
    ask = asker(AnEngine(None).sample, Teacher(model="tiny"))
    assert asyncio.run(ask((Message(role="user", content="?"),), 99)) == ""


def test_a_recipe_that_wants_an_engine_and_has_no_teacher_is_told_so(tmp_path: Path) -> None:
    a_run(tmp_path)
    nobody = recipe(teacher=None, splits={"journey": {"reflect": "engine"}})
    with Run.open(tmp_path, nobody) as run, pytest.raises(UsageError, match="need a teacher"):
        rewrite(run)


def test_no_engine_is_started_when_nothing_is_missing(tmp_path: Path) -> None:
    a_run(tmp_path)
    written(tmp_path, ATeacher(TOLD))
    with Run.open(tmp_path) as run:
        assert rewrite(run) == WrittenSummary()


def test_no_engine_is_started_unless_the_recipe_says_so(tmp_path: Path) -> None:
    a_run(tmp_path, told_by="phrases")
    with Run.open(tmp_path) as run:
        assert rewrite(run) == WrittenSummary()
