"""The scheduler against an engine whose answers are scripted, with the real store and verifiers."""

import asyncio
import time
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from types import TracebackType
from typing import Literal, Self

import polars as pl
import pytest

from builders import problem
from cotfactory.engines.base import Completion, EngineError, EngineLost, Request
from cotfactory.errors import CotfactoryError
from cotfactory.generate import scheduler as scheduling
from cotfactory.generate.history import History
from cotfactory.generate.outbox import Outbox
from cotfactory.generate.plan import Asked, Plan
from cotfactory.generate.refusals import REFUSED_IN_A_ROW
from cotfactory.generate.samples import Sampler
from cotfactory.generate.scheduler import Scheduler
from cotfactory.generate.station import Station
from cotfactory.store.read import scan
from cotfactory.store.run import Row, Run, RunWriter
from cotfactory_filters.verify.pool import VerifierPool
from cotfactory_schemas import Problem, Recipe, Teacher, ids

Answer = Callable[[Request], Completion]


def says(
    text: str, finish_reason: Literal["stop", "length"] = "stop", tokens: int = 10
) -> Completion:
    return Completion(text, finish_reason, 5, tokens, 0.01)


RIGHT = says("2 + 3 = 5</think>\\boxed{5}")
WRONG = says("2 + 3 = 6</think>\\boxed{6}")


class ScriptedEngine:
    """Answers by a function of the request; remembers what it was asked and how much at once."""

    kind = "scripted"

    def __init__(self, answer: Answer, concurrency: int = 4) -> None:
        self.asked: list[Request] = []
        self.most_in_flight = 0
        self._in_flight = 0
        self._answer = answer
        self._concurrency = concurrency

    @property
    def concurrency(self) -> int:
        return self._concurrency

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        return None

    async def sample(self, request: Request) -> Completion:
        self._in_flight += 1
        self.most_in_flight = max(self.most_in_flight, self._in_flight)
        try:
            await asyncio.sleep(0.001)
            completion = self._answer(request)
        finally:
            self._in_flight -= 1
        self.asked.append(request)
        return completion


def recipe(**generate: object) -> Recipe:
    teacher = {"model": "scripted", "prefill": "<think>", "sampling": {"max_tokens": 100}}
    return Recipe.model_validate({"name": "test", "teacher": teacher, "generate": generate})


def drive(path: Path, made: Recipe, engine: ScriptedEngine, problems: list[Problem]) -> Scheduler:
    async def work() -> Scheduler:
        with Run.open(path, made) as run, VerifierPool(made.verify) as pool:
            sampler = Sampler(made.teacher or Teacher(model=""), "scripted", made.seed)
            history = History(run, sampler, made.generate)
            plan, outbox = Plan(made.generate), Outbox(run)

            def arrivals() -> Iterator[Asked]:
                for order, one in enumerate(problems):
                    if one.problem_id not in history.known_problems:
                        outbox.put(one)
                    yield history.recall(one, order, plan)

            station = Station(outbox, pool)
            scheduler = Scheduler(plan, arrivals(), history.leftovers(), sampler, station)
            outbox.start()
            try:
                while scheduler.has_work and not scheduler.stopping.is_set():
                    try:
                        await scheduler.drive(engine, lambda: None)
                    except EngineLost:
                        continue
                await scheduler.settle()
            finally:
                await outbox.close()
            return scheduler

    return asyncio.run(work())


def traces(path: Path) -> pl.DataFrame:
    return scan(Run.read(path), "traces").collect()


PROBLEMS = [problem(f"What is 2 + 3? ({n})") for n in range(8)]


def test_every_problem_is_asked_until_it_is_solved_and_no_longer(tmp_path: Path) -> None:
    third = {ids.trace_id(p.problem_id, recipe().teacher.fingerprint, 2) for p in PROBLEMS}  # type: ignore[union-attr]
    engine = ScriptedEngine(lambda request: RIGHT if request.trace_id in third else WRONG)
    scheduler = drive(tmp_path, recipe(speculate_above=1.0), engine, PROBLEMS)
    assert scheduler.plan.outcomes == {"accepted": 8}
    assert len(engine.asked) == 24
    assert traces(tmp_path).get_column("sample").value_counts().sort("sample").rows() == [
        (0, 8),
        (1, 8),
        (2, 8),
    ]


def test_slots_are_full_and_never_more_than_full(tmp_path: Path) -> None:
    engine = ScriptedEngine(lambda _: WRONG, concurrency=5)
    scheduler = drive(tmp_path, recipe(max_samples=4, until_correct=False), engine, PROBLEMS)
    assert engine.most_in_flight == 5
    assert scheduler.account.completions == 32


def test_a_disk_that_falls_behind_holds_the_asking(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    behind: list[int] = []

    def slowly(run: RunWriter, rows: Iterable[Row]) -> None:
        group = list(rows)
        behind.append(len(group))
        time.sleep(0.1)
        append(run, group)

    append = RunWriter.append
    monkeypatch.setattr(RunWriter, "append", slowly)
    monkeypatch.setattr(scheduling, "MAX_BACKLOG", 4)
    engine = ScriptedEngine(lambda _: RIGHT, concurrency=2)
    scheduler = drive(tmp_path, recipe(), engine, PROBLEMS)
    assert len(traces(tmp_path)) == 8
    # four that may wait, and the trace and verdict of each slot and its problem and outcome
    assert max(behind) <= 4 + 2 * 4
    assert scheduler.account.phase_s["store_wait"] > 0


def test_seeds_are_distinct_and_repeat(tmp_path: Path) -> None:
    one, two = (ScriptedEngine(lambda _: WRONG) for _ in range(2))
    drive(tmp_path / "one", recipe(max_samples=4), one, PROBLEMS)
    drive(tmp_path / "two", recipe(max_samples=4), two, list(reversed(PROBLEMS)))
    seeds = {request.trace_id: request.seed for request in one.asked}
    assert len(set(seeds.values())) == 32
    assert seeds == {request.trace_id: request.seed for request in two.asked}


def test_raising_the_budget_asks_only_for_what_is_missing(tmp_path: Path) -> None:
    drive(tmp_path, recipe(max_samples=2), ScriptedEngine(lambda _: WRONG), PROBLEMS)
    more = ScriptedEngine(lambda _: WRONG)
    extended = [*reversed(PROBLEMS), problem("new")]
    drive(tmp_path, recipe(max_samples=3), more, extended)
    assert len(more.asked) == 8 + 3
    found = traces(tmp_path)
    assert len(found) == found.get_column("trace_id").n_unique() == 27


def test_a_cut_answer_goes_on_from_its_own_text_and_is_not_asked_again(tmp_path: Path) -> None:
    def cut_at_100(request: Request) -> Completion:
        if request.continue_from:
            return says(" = 5</think>\\boxed{5}", tokens=6)
        return says("2 + 3", "length", tokens=request.max_tokens)

    engine = ScriptedEngine(cut_at_100)
    drive(tmp_path, recipe(continue_truncated=[150]), engine, PROBLEMS[:1])
    first, second = engine.asked
    assert (second.prefill, second.continue_from, second.max_tokens) == ("<think>", "2 + 3", 50)
    rows = {row["continuation"]: row for row in traces(tmp_path).to_dicts()}
    assert rows["limit"]["raw"] == "<think>2 + 3 = 5</think>\\boxed{5}"
    assert rows["limit"]["parent_id"] == first.trace_id == rows[""]["trace_id"]
    assert rows["limit"]["completion_tokens"] == 106


def test_a_raised_limit_continues_what_an_earlier_session_cut(tmp_path: Path) -> None:
    cut = ScriptedEngine(lambda request: says("2 + 3", "length", tokens=request.max_tokens))
    drive(tmp_path, recipe(max_samples=1), cut, PROBLEMS)
    more = ScriptedEngine(lambda _: says(" = 5</think>\\boxed{5}"))
    scheduler = drive(tmp_path, recipe(max_samples=1, continue_truncated=[200]), more, PROBLEMS)
    assert [request.continue_from for request in more.asked] == ["2 + 3"] * 8
    assert scheduler.plan.outcomes == {"accepted": 8}
    again = ScriptedEngine(lambda _: RIGHT)
    drive(tmp_path, recipe(max_samples=1, continue_truncated=[200]), again, PROBLEMS)
    assert again.asked == []


def test_a_refused_sample_costs_one_row(tmp_path: Path) -> None:
    poisoned = PROBLEMS[3]

    def refuse(request: Request) -> Completion:
        if poisoned.prompt in request.messages[-1].content:
            raise EngineError("the prompt is too long")
        return RIGHT

    drive(tmp_path, recipe(max_samples=1), ScriptedEngine(refuse), PROBLEMS)
    failed = traces(tmp_path).filter(pl.col("finish_reason") == "error")
    assert failed.get_column("problem_id").to_list() == [poisoned.problem_id]
    assert "too long" in failed.item(0, "error")
    verdicts = scan(Run.read(tmp_path), "verdicts").collect()
    assert verdicts.get_column("status").value_counts().sort("status").rows() == [
        ("correct", 7),
        ("error", 1),
    ]


def test_an_engine_that_refuses_everything_stops_the_run(tmp_path: Path) -> None:
    def refuse(_: Request) -> Completion:
        raise EngineError("no such model")

    with pytest.raises(CotfactoryError, match="no such model"):
        drive(tmp_path, recipe(max_samples=REFUSED_IN_A_ROW), ScriptedEngine(refuse), PROBLEMS)


def test_what_a_broken_engine_refused_is_asked_again_when_it_is_mended(tmp_path: Path) -> None:
    def refuse(_: Request) -> Completion:
        raise EngineError("this is a log-in page")

    with pytest.raises(CotfactoryError, match=r"refused 8 samples .* log-in page.*asked again"):
        drive(tmp_path, recipe(max_samples=1), ScriptedEngine(refuse), PROBLEMS)
    mended = ScriptedEngine(lambda _: RIGHT)
    scheduler = drive(tmp_path, recipe(max_samples=1), mended, PROBLEMS)
    assert len(mended.asked) == 8
    assert scheduler.plan.outcomes == {"accepted": 8}
    assert traces(tmp_path).get_column("finish_reason").to_list() == ["stop"] * 8


def test_refusals_that_come_faster_than_answers_do_not_stop_the_run(tmp_path: Path) -> None:
    class SlowToAnswer(ScriptedEngine):
        async def sample(self, request: Request) -> Completion:
            if PROBLEMS[0].prompt in request.messages[-1].content:
                raise EngineError("the prompt is too long")
            await asyncio.sleep(0.2)
            return await super().sample(request)

    engine = SlowToAnswer(lambda _: RIGHT, concurrency=64)
    made = recipe(max_samples=3 * REFUSED_IN_A_ROW, until_correct=False, speculate_above=0.0)
    scheduler = drive(tmp_path, made, engine, PROBLEMS[:2])
    assert scheduler.account.errors == 3 * REFUSED_IN_A_ROW
    assert scheduler.account.completions == 3 * REFUSED_IN_A_ROW


def test_requests_that_back_off_use_no_slot(tmp_path: Path) -> None:
    class BackingOff(ScriptedEngine):
        waiting = 3

    engine = BackingOff(lambda _: RIGHT)
    account = drive(tmp_path, recipe(), engine, PROBLEMS).account
    assert account.phase_s["idle"] > 0 == account.phase_s["steady"]
    assert account.slot_s <= account.offered_s / 4


def test_tokens_of_a_continued_answer_are_counted_once(tmp_path: Path) -> None:
    def cut_at_100(request: Request) -> Completion:
        if request.continue_from:
            return says(" = 5</think>\\boxed{5}", tokens=6)
        return says("2 + 3", "length", tokens=request.max_tokens)

    engine = ScriptedEngine(cut_at_100)
    tokens = drive(tmp_path, recipe(continue_truncated=[150]), engine, PROBLEMS[:1]).account.tokens
    assert (tokens.thought + tokens.response, tokens.truncated, tokens.accepted) == (106, 100, 6)


def test_samples_in_flight_at_a_dying_engine_are_asked_again(tmp_path: Path) -> None:
    deaths = iter([True] * 3)

    def die_thrice(_: Request) -> Completion:
        if next(deaths, False):
            raise EngineLost("gone")
        return RIGHT

    engine = ScriptedEngine(die_thrice)
    scheduler = drive(tmp_path, recipe(), engine, PROBLEMS)
    assert scheduler.plan.outcomes == {"accepted": 8}
    assert scheduler.account.lost >= 3
    assert traces(tmp_path).get_column("trace_id").n_unique() == len(engine.asked)


def test_an_engine_that_hangs_is_noticed_and_its_samples_are_asked_again(tmp_path: Path) -> None:
    class HangingOnce(ScriptedEngine):
        hung = False

        async def sample(self, request: Request) -> Completion:
            if not self.hung:
                self.hung = True
                await asyncio.sleep(3600)
            return await super().sample(request)

    engine = HangingOnce(lambda _: RIGHT, concurrency=1)
    scheduler = drive(tmp_path, recipe(stall_s=0.1), engine, PROBLEMS[:2])
    assert scheduler.plan.outcomes == {"accepted": 2}
    assert scheduler.account.lost == 1


def test_garbage_for_an_answer_costs_no_more_than_its_row(tmp_path: Path) -> None:
    junk = ["", "\x00" * 50, "</think>" * 200, "\\boxed{" * 500, "a" * 100_000]
    texts = iter([*junk, *["2 + 3 = 5</think>\\boxed{5}"] * 20])
    engine = ScriptedEngine(lambda _: says(next(texts)), concurrency=1)
    scheduler = drive(tmp_path, recipe(), engine, PROBLEMS)
    assert scheduler.plan.outcomes == {"accepted": 8}
    assert len(traces(tmp_path)) == 8 + len(junk)


def test_text_that_no_file_can_hold_costs_no_row(tmp_path: Path) -> None:
    answer = says("\ud800 2 + 3 = 5</think>\\boxed{5}")
    drive(tmp_path, recipe(), ScriptedEngine(lambda _: answer), PROBLEMS[:2])
    assert traces(tmp_path).get_column("reasoning").to_list() == ["\ufffd 2 + 3 = 5"] * 2
