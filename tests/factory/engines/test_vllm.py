"""The vLLM engine, for real: on the CPU, with the tiny model that a wheel carries."""

import asyncio
from types import SimpleNamespace
from typing import Any

import pytest

from asking import TINY, asking, counting
from cotfactory.engines import Completion, Engine, EngineError, EngineLost, make_engine
from cotfactory.errors import CotfactoryError, UsageError
from cotfactory_schemas import Plugin, Sampling, Teacher

pytest.importorskip("vllm", reason="runs where vLLM is installed: make test-vllm")
pytestmark = [
    pytest.mark.vllm,
    pytest.mark.timeout(600),
    pytest.mark.filterwarnings("ignore"),  # torch and vLLM deprecate parts of each other
]

SMALL = Plugin.model_validate({"kind": "vllm", "options": {"max_model_len": 512}})


def started(plugin: Plugin, teacher: Teacher = TINY) -> None:
    async def start() -> None:
        async with make_engine(plugin, teacher):
            pass

    asyncio.run(start())


@pytest.fixture(scope="module")
def said() -> SimpleNamespace:
    """What one engine said to all that the tests ask; starting it takes longest."""

    async def ask() -> SimpleNamespace:
        engine = make_engine(SMALL, TINY)
        async with engine:
            said = SimpleNamespace(concurrency=engine.concurrency)
            said.many = await asyncio.gather(*(engine.sample(asking(seed=n)) for n in range(8)))
            said.whole, said.start = [await engine.sample(counting(n)) for n in (24, 8)]
            said.rest = await engine.sample(counting(16, said.start.text))
            said.stopped = await engine.sample(
                asking(prefill="1, 2, 3, 4,", sampling=Sampling(temperature=0, stop=("9",)))
            )
            warm = [asking("A story?", sampling=Sampling(temperature=1), seed=s) for s in (5, 5, 6)]
            said.stories = [(await engine.sample(request)).text for request in warm]
            said.long = await failure(engine, asking("word " * 2000))
            task = asyncio.create_task(engine.sample(asking(max_tokens=400)))
            await asyncio.sleep(0.2)
            task.cancel()
            said.after_cancel = await engine.sample(asking())
        said.ended = await failure(engine, asking())
        return said

    return asyncio.run(ask())


async def failure(engine: Engine, request: Any) -> BaseException | Completion:
    (result,) = await asyncio.gather(engine.sample(request), return_exceptions=True)
    return result


def test_requests_in_flight_are_answered_with_their_token_counts(said: SimpleNamespace) -> None:
    for answer in said.many:
        assert answer.text
        assert answer.prompt_tokens > 5
        assert 0 < answer.completion_tokens <= 24
    assert said.concurrency >= 8


def test_an_answer_goes_on_where_prefill_and_earlier_text_end(said: SimpleNamespace) -> None:
    assert said.whole.text.startswith(" 5, 6")
    assert said.start.finish_reason == "length"
    assert said.start.text + said.rest.text == said.whole.text


def test_a_stop_string_ends_the_answer_and_is_left_out_by_vllm(said: SimpleNamespace) -> None:
    assert said.stopped.finish_reason == "stop"
    assert "9" not in said.stopped.text


def test_vllm_repeats_an_answer_to_the_same_seed(said: SimpleNamespace) -> None:
    first, again, other = said.stories
    assert first == again != other


def test_vllm_refuses_a_prompt_without_room_and_goes_on(said: SimpleNamespace) -> None:
    assert isinstance(said.long, EngineError)
    assert said.after_cancel.text


def test_vllm_after_its_end_is_lost(said: SimpleNamespace) -> None:
    assert isinstance(said.ended, EngineLost)


def test_a_model_that_is_nowhere_is_one_line_with_the_mend() -> None:
    with pytest.raises(CotfactoryError, match=r"nobody/nothing.*check teacher\.model"):
        started(SMALL, Teacher(model="nobody/nothing"))


def test_an_argument_that_vllm_does_not_know_is_named_with_its_nearest() -> None:
    plugin = Plugin.model_validate({"kind": "vllm", "options": {"max_model_length": 9}})
    with pytest.raises(UsageError, match=r"options\.max_model_length.*'max_model_len'"):
        started(plugin)
