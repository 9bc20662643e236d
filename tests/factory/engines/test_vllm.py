"""The vLLM engine, for real: on the CPU, with the tiny model that a wheel carries."""

import asyncio
import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path
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


SCRIPT = f"""
import asyncio
from cotfactory.engines import EngineLost, Request, make_engine
from cotfactory.errors import CotfactoryError
from cotfactory_schemas import Message, Plugin, Sampling, Teacher

def engine():
    plugin = Plugin.model_validate({SMALL.model_dump()!r})
    return make_engine(plugin, Teacher(model={TINY.model!r}))

MAIN

if __name__ == "__main__":
    try:
        asyncio.run(main())
    except CotfactoryError as error:
        print(error)
"""
DRIVER_SCRIPT = SCRIPT.replace(
    "MAIN",
    """
async def main():
    async with engine():
        print("up", flush=True)
        await asyncio.sleep(600)
""",
)
RESTART_SCRIPT = SCRIPT.replace(
    "MAIN",
    """
async def ask(running, tokens):
    long = Sampling(stop=("never said",))
    question = Message(role="user", content="Count for ever.")
    return await running.sample(Request("t", (question,), "1, 2,", long, tokens, 1))

async def main():
    async with engine() as first:
        task = asyncio.create_task(ask(first, 480))
        await asyncio.sleep(0.1)
        print("asked", flush=True)
        try:
            await task
        except EngineLost:
            print("EngineLost")
    async with engine() as second:
        await ask(second, 4)
        print("answered")
""",
)


def children_of(pid: int) -> list[int]:
    """All processes below `pid`."""
    listed = Path(f"/proc/{pid}/task").glob("*/children")
    direct = [int(child) for threads in listed for child in threads.read_text().split()]
    return [*direct, *(below for child in direct for below in children_of(child))]


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
    with pytest.raises(CotfactoryError, match=r"nobody/nothing.*Check teacher\.model"):
        started(SMALL, Teacher(model="nobody/nothing"))


def test_a_fault_in_vllms_own_process_is_one_line_with_the_mend(tmp_path: Path) -> None:
    (tmp_path / "driver.py").write_text(DRIVER_SCRIPT)
    done = subprocess.run(
        [sys.executable, tmp_path / "driver.py"],
        env=os.environ | {"VLLM_CPU_KVCACHE_SPACE": "4000"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert re.search(r"Available memory .*fewer GiB", done.stdout)
    assert len(done.stdout.splitlines()) == 1
    assert "EngineCore" not in done.stderr


def test_a_driver_that_is_killed_hard_leaves_no_process_behind(tmp_path: Path) -> None:
    script = tmp_path / "driver.py"
    script.write_text(DRIVER_SCRIPT)
    driver = subprocess.Popen([sys.executable, script], stdout=subprocess.PIPE, text=True)
    assert driver.stdout is not None
    assert driver.stdout.readline() == "up\n"
    engines = children_of(driver.pid)
    assert engines
    driver.kill()
    driver.communicate()
    deadline = time.monotonic() + 30
    while (
        left := [e for e in engines if Path(f"/proc/{e}").exists()]
    ) and time.monotonic() < deadline:
        time.sleep(0.2)
    assert not left


def test_samples_are_lost_when_vllms_process_dies_and_another_can_be_started(
    tmp_path: Path,
) -> None:
    (tmp_path / "driver.py").write_text(RESTART_SCRIPT)
    driver = subprocess.Popen(
        [sys.executable, tmp_path / "driver.py"],
        stdout=subprocess.PIPE,
        text=True,
    )
    assert driver.stdout is not None
    assert driver.stdout.readline() == "asked\n"
    for child in children_of(driver.pid):
        if b"VLLM::EngineCore" in Path(f"/proc/{child}/cmdline").read_bytes():
            os.kill(child, signal.SIGKILL)
    said, _ = driver.communicate()
    assert said.splitlines() == ["EngineLost", "answered"]


def test_an_argument_that_vllm_does_not_know_is_named_with_its_nearest() -> None:
    plugin = Plugin.model_validate({"kind": "vllm", "options": {"max_model_length": 9}})
    with pytest.raises(UsageError, match=r"options\.max_model_length.*'max_model_len'"):
        started(plugin)
