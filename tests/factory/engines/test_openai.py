"""The engine for OpenAI-compatible servers, against real ones on the loopback."""

import asyncio
import time
from dataclasses import replace
from typing import Any

import pytest

from asking import TINY, asking, counting
from chat_server import ChatServer, answering, serving
from cotfactory.engines import Completion, EngineError, EngineLost, make_engine
from cotfactory.engines.embedded import EmbeddedEngine, EmbeddedSettings
from cotfactory.engines.openai import OpenAIEngine, OpenAISettings
from cotfactory.errors import CotfactoryError, UsageError
from cotfactory_schemas import Plugin, Sampling, Teacher

TEACHER = Teacher(model="some/model")
# llama.cpp finds out by trying that such a template parts thoughts from answers.
THINKING_TEMPLATE = (
    "{% for m in messages %}<|im_start|>{{ m.role }}\n{% if m.reasoning_content %}"
    "<think>\n{{ m.reasoning_content }}\n</think>\n\n{% endif %}{{ m.content }}<|im_end|>\n"
    "{% endfor %}{% if add_generation_prompt %}<|im_start|>assistant\n"
    "{% if enable_thinking is defined and not enable_thinking %}<think>\n\n</think>\n\n"
    "{% else %}<think>\n{% endif %}{% endif %}"
)


def plugin(*servers: ChatServer, **settings: Any) -> Plugin:
    urls = [server.url for server in servers]
    return Plugin.model_validate({"kind": "openai", "base_url": urls, "retries": 3, **settings})


async def sampled(asked: Plugin, *requests: Any, teacher: Teacher = TEACHER) -> list[Any]:
    async with make_engine(asked, teacher) as engine:
        samples = (engine.sample(request) for request in requests)
        return list(await asyncio.gather(*samples, return_exceptions=True))


def test_a_request_says_all_of_the_sampling_and_an_answer_all_of_its_tokens(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("SOME_KEY", "sesame")
    sampling = Sampling(temperature=0.5, top_p=0.9, top_k=7, min_p=0.1, stop=("END",))
    with serving(ChatServer(lambda *_: answering("5", reasoning_content="2 + 3"))) as server:
        asked = plugin(server, api_key_env="SOME_KEY", extra_body={"priority": 1})
        (answer,) = asyncio.run(sampled(asked, asking(sampling=sampling, seed=9)))
    assert (answer.text, answer.reasoning) == ("5", "2 + 3")
    assert (answer.prompt_tokens, answer.completion_tokens, answer.reasoning_tokens) == (7, 3, 2)
    (body,) = server.bodies
    assert body == {
        "model": "some/model",
        "messages": [{"role": "user", "content": "What is 2 + 3?"}],
        "temperature": 0.5,
        "top_p": 0.9,
        "top_k": 7,
        "min_p": 0.1,
        "stop": ["END"],
        "seed": 9,
        "max_tokens": 24,
        "priority": 1,
    }
    assert server.keys == ["Bearer sesame"]


def test_an_opened_turn_is_continued_the_way_the_server_knows() -> None:
    with serving(ChatServer(lambda *_: answering(" rest"))) as server:
        request = asking(prefill="<think>\n", continue_from="So")
        (answer,) = asyncio.run(sampled(plugin(server), request))
        (refused,) = asyncio.run(sampled(plugin(server, prefill="none"), request))
    (body,) = server.bodies
    assert body["messages"][-1] == {"role": "assistant", "content": "<think>\nSo"}
    assert body["continue_final_message"] is True
    assert body["add_generation_prompt"] is False
    assert answer.text == " rest"
    assert isinstance(refused, EngineError)
    assert "engine.prefill" in str(refused)


async def sampled_from_llama_cpp(teacher: Teacher, *requests: Any) -> list[Any]:
    async with EmbeddedEngine(EmbeddedSettings(slots=2, context_tokens=512), teacher) as embedded:
        url, key = embedded.endpoint
        asked = {"kind": "openai", "base_url": url, "prefill": "assistant_message"}
        with pytest.MonkeyPatch.context() as patched:
            patched.setenv("OPENAI_API_KEY", key)
            return await sampled(Plugin.model_validate(asked), *requests, teacher=TINY)


def test_a_server_of_llama_cpp_continues_an_opened_turn_exactly() -> None:
    (answer,) = asyncio.run(sampled_from_llama_cpp(TINY, counting(8)))
    assert answer.text.startswith(" 5, 6")
    assert answer.completion_tokens == 8


def test_a_server_of_llama_cpp_that_parts_thoughts_continues_an_opened_one_exactly() -> None:
    thinking = TINY.model_copy(update={"chat_template": THINKING_TEMPLATE})
    opened = counting(8)
    opened = replace(opened, prefill="<think>\n" + opened.prefill)
    fresh, answer = asyncio.run(sampled_from_llama_cpp(thinking, asking(), opened))
    assert fresh.reasoning is not None
    assert "<think>" not in f"{answer.reasoning}{answer.text}"
    assert f"{answer.reasoning or ''}{answer.text}".startswith(" 5, 6")


@pytest.mark.parametrize("status", [429, 500, 503])
def test_overload_and_server_errors_are_waited_out(status: int) -> None:
    def twice_failing(number: int, _: Any) -> Any:
        return (status, {"error": {"message": "later"}}) if number < 2 else answering()

    with serving(ChatServer(twice_failing)) as server:
        (answer,) = asyncio.run(sampled(plugin(server), asking()))
    assert answer.text == "5"
    assert len(server.bodies) == 3


def test_a_refused_request_is_not_asked_again() -> None:
    with serving(ChatServer(lambda *_: (400, {"error": {"message": "too long"}}))) as server:
        (refused,) = asyncio.run(sampled(plugin(server), asking()))
    assert isinstance(refused, EngineError)
    assert "too long" in str(refused)
    assert len(server.bodies) == 1


def test_a_request_that_the_server_fails_at_while_others_are_answered_is_given_up() -> None:
    def poisoned(_: int, body: Any) -> Any:
        return (500, {}) if "poison" in body["messages"][0]["content"] else answering()

    with serving(ChatServer(poisoned)) as server:
        asked = plugin(server, retries=1)
        poison, healthy = asyncio.run(sampled(asked, asking("poison"), asking("good")))
    assert isinstance(poison, EngineError)
    assert isinstance(healthy, Completion)


def test_a_server_that_fails_at_everything_is_lost() -> None:
    with serving(ChatServer(lambda *_: (500, {}))) as server:
        (lost,) = asyncio.run(sampled(plugin(server, retries=1), asking()))
    assert isinstance(lost, EngineLost)


def test_an_answer_that_takes_too_long_is_asked_again() -> None:
    def slow_at_first(number: int, _: Any) -> Any:
        if number == 0:
            time.sleep(1.0)
        return answering()

    with serving(ChatServer(slow_at_first)) as server:
        (answer,) = asyncio.run(sampled(plugin(server, timeout_s=0.3), asking()))
    assert isinstance(answer, Completion)
    assert len(server.bodies) == 2


@pytest.mark.parametrize(
    "garbage",
    [
        (200, {}),
        (200, {"choices": []}),
        (200, {"error": {"message": "busy"}}),
        (200, "<html>"),
        (200, '{"choices": [{"mess'),
        answering(reasoning=["a thought"]),
    ],
)
def test_a_body_that_is_no_answer_is_asked_for_again(garbage: Any) -> None:
    with serving(ChatServer(lambda number, _: garbage if number == 0 else answering())) as server:
        (answer,) = asyncio.run(sampled(plugin(server), asking()))
    assert isinstance(answer, Completion)
    assert len(server.bodies) == 2


def test_a_server_that_only_has_a_page_is_named_with_what_it_says() -> None:
    page = "<html>\x1b[2JLog in, please" + 200 * "."
    with serving(ChatServer(lambda *_: (200, page))) as server:
        (refused,) = asyncio.run(sampled(plugin(server, retries=1), asking()))
    assert isinstance(refused, EngineError)
    assert "failed 2 times" in str(refused)
    assert r"'<html>\x1b[2JLog in, please" in str(refused)
    assert len(str(refused)) < 200


def test_an_answer_that_was_withheld_costs_its_sample_only() -> None:
    withheld = answering(finish_reason="content_filter")
    with serving(ChatServer(lambda number, _: withheld if number == 0 else answering())) as server:

        async def ask() -> list[Any]:
            async with make_engine(plugin(server), TEACHER) as engine:
                spoilt = await asyncio.gather(engine.sample(asking()), return_exceptions=True)
                return [*spoilt, await engine.sample(asking())]

        spoilt, good = asyncio.run(ask())
    assert isinstance(spoilt, EngineError)
    assert good.text == "5"


def test_a_prompt_that_is_no_text_is_refused_and_an_answer_made_one() -> None:
    with serving(ChatServer(lambda *_: answering("5\udfff"))) as server:
        refused, answer = asyncio.run(sampled(plugin(server), asking("\ud800"), asking()))
    assert isinstance(refused, EngineError)
    assert "no valid text" in str(refused)
    assert answer.text == "5\ufffd"


def test_samples_that_back_off_are_told_from_those_at_work() -> None:
    def failing_at_first(number: int, _: Any) -> Any:
        return (500, {}) if number == 0 else answering()

    async def ask(server: ChatServer) -> list[int]:
        async with OpenAIEngine(OpenAISettings(base_url=server.url), TEACHER) as engine:
            sample = asyncio.create_task(engine.sample(asking()))
            seen = []
            while not sample.done():
                seen.append(engine.waiting)
                await asyncio.sleep(0.02)
            return [*seen, engine.waiting]

    with serving(ChatServer(failing_at_first)) as server:
        seen = asyncio.run(ask(server))
    assert (seen[0], max(seen), seen[-1]) == (0, 1, 0)


@pytest.mark.parametrize("nowhere", [[], "", ["http://127.0.0.1:8000/v1", " "]])
def test_settings_without_a_server_are_refused(nowhere: Any) -> None:
    asked = Plugin.model_validate({"kind": "openai", "base_url": nowhere})
    with pytest.raises(UsageError, match=r"^engine\.base_url: names no server\. Give its address"):
        make_engine(asked, TEACHER)


def test_two_servers_share_the_work_and_one_that_dies_leaves_it_to_the_other() -> None:
    def slowly(*_: Any) -> Any:
        time.sleep(0.02)
        return answering()

    with serving(ChatServer(slowly)) as first:
        with serving(ChatServer(slowly)) as second:
            asked = plugin(first, second, concurrency=4)
            asyncio.run(sampled(asked, *(asking() for _ in range(8))))
            assert len(first.bodies) == len(second.bodies) == 4
        answers = asyncio.run(sampled(asked, *(asking() for _ in range(8))))
    assert all(isinstance(answer, Completion) for answer in answers)


def test_the_concurrency_follows_what_the_server_bears() -> None:
    """A server that takes four at a time and refuses more, asked by a caller that keeps it full."""

    def bearing_four(server: ChatServer) -> Any:
        def reply(*_: Any) -> Any:
            if server.in_flight > 4:
                return 429, {"error": {"message": "busy"}}
            time.sleep(0.01)
            return answering()

        return reply

    server = ChatServer(lambda *_: answering())
    server.reply = bearing_four(server)

    async def ask() -> tuple[list[int], list[Any]]:
        async with make_engine(plugin(server, concurrency=32, retries=20), TEACHER) as engine:
            seen: list[int] = []
            tasks: set[asyncio.Task[Completion]] = set()
            done: set[asyncio.Task[Completion]] = set()
            while len(done) < 200:
                while len(tasks) < engine.concurrency:
                    tasks.add(asyncio.create_task(engine.sample(asking())))
                seen.append(engine.concurrency)
                ended, tasks = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
                done |= ended
            return seen, await asyncio.gather(*done, *tasks)

    with serving(server):
        seen, answers = asyncio.run(ask())
    assert len(answers) >= 200
    assert seen[0] == 32
    assert max(seen[-50:]) <= 20


def test_no_server_at_the_address_is_said_before_any_work() -> None:
    nowhere = Plugin.model_validate({"kind": "openai", "base_url": "http://127.0.0.1:9/v1"})
    with pytest.raises(CotfactoryError, match=r"127\.0\.0\.1:9/v1 does not answer.*base_url"):
        asyncio.run(sampled(nowhere, asking()))


def test_a_key_that_is_missing_is_named_and_one_that_is_wrong_not_shown(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with serving(ChatServer(lambda *_: answering(), models_status=401)) as server:
        monkeypatch.delenv("OPENAI_API_KEY", raising=False)
        with pytest.raises(CotfactoryError, match="OPENAI_API_KEY is not set"):
            asyncio.run(sampled(plugin(server), asking()))
        monkeypatch.setenv("OPENAI_API_KEY", "sk-secret")
        with pytest.raises(CotfactoryError, match="not to a key it takes") as refused:
            asyncio.run(sampled(plugin(server), asking()))
    assert "sk-secret" not in str(refused.value)
