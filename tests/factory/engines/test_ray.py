"""Replicas as Ray actors, in a real local cluster whose machines come and go."""

import asyncio
import json
import os
import signal
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from asking import TINY, asking
from cotfactory.engines import Completion, EngineError, EngineLost, make_engine
from cotfactory.engines.ray import RayEngine
from cotfactory.errors import CotfactoryError, UsageError
from cotfactory_schemas import Plugin, Teacher

ray = pytest.importorskip("ray", reason="runs where Ray is installed: pip install ray")
cluster_utils = pytest.importorskip("ray.cluster_utils")
pytestmark = [pytest.mark.timeout(300), pytest.mark.filterwarnings("ignore")]


@pytest.fixture(scope="module", autouse=True)
def cluster() -> Iterator[Any]:
    """A cluster of one machine that claims to have two cores."""
    made = cluster_utils.Cluster(initialize_head=True, head_node_args={"num_cpus": 2})
    ray.init(address=made.address, log_to_driver=False)
    yield made
    ray.shutdown()
    made.shutdown()


@pytest.fixture
def recording(tmp_path: Path) -> Path:
    file = tmp_path / "traces.jsonl"
    file.write_text(json.dumps({"prompt": "Q", "raw": "an answer", "completion_tokens": 10}) + "\n")
    return file


def replaying(recording: Path, tokens_per_s: float = 20, **settings: Any) -> RayEngine:
    """Replicas that answer from a recording, half a second an answer."""
    replica = {"kind": "replay", "path": str(recording), "tokens_per_s": tokens_per_s}
    plugin = Plugin.model_validate({"kind": "ray", "replica": replica, **settings})
    engine = make_engine(plugin, Teacher(model="recorded"))
    assert isinstance(engine, RayEngine)
    return engine


def kill_a_replica(how: signal.Signals = signal.SIGKILL) -> None:
    """As a machine's fault would: its process goes, or stands still, without a word."""
    processes = [path.parent for path in Path("/proc").glob("[0-9]*/cmdline")]
    ours = [place for place in processes if is_ours(place)]
    os.kill(int(ours[0].name), how)


def is_ours(place: Path) -> bool:
    """Whether it is a replica in a cluster that this process started."""
    try:
        if not (place / "cmdline").read_bytes().startswith(b"ray::Replica"):
            return False
        pid = int(place.name)
        while pid not in (os.getpid(), 1, 0):
            pid = int(Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[1])
    except OSError:
        return False
    return pid == os.getpid()


async def ready(engine: RayEngine, concurrency: int) -> None:
    """Waits until the replicas take so many requests."""
    async with asyncio.timeout(60):
        while engine.concurrency != concurrency:  # noqa: ASYNC110 - another process's doing
            await asyncio.sleep(0.05)


def test_replicas_share_the_work(recording: Path) -> None:
    async def ask() -> list[Completion]:
        async with replaying(recording, replicas=2) as engine:
            await ready(engine, 128)
            samples = (engine.sample(asking("Q")) for _ in range(100))
            return await asyncio.gather(*samples)

    answers = asyncio.run(ask())
    assert [answer.text for answer in answers] == ["an answer"] * 100


def test_samples_of_a_replica_that_dies_are_asked_again_and_it_is_replaced(recording: Path) -> None:
    async def ask() -> list[Completion]:
        async with replaying(recording, replicas=2) as engine:
            await ready(engine, 128)
            tasks = [asyncio.create_task(engine.sample(asking("Q"))) for _ in range(40)]
            await asyncio.sleep(0.2)
            kill_a_replica()
            answers = await asyncio.gather(*tasks)
            await ready(engine, 128)
            return answers

    answers = asyncio.run(ask())
    assert [answer.text for answer in answers] == ["an answer"] * 40


def test_samples_of_a_replica_that_hangs_are_asked_again_and_it_is_replaced(
    recording: Path,
) -> None:
    async def ask() -> list[Completion]:
        async with replaying(recording, replicas=2, stall_s=2) as engine:
            await ready(engine, 128)
            kill_a_replica(signal.SIGSTOP)
            answers = await asyncio.gather(*(engine.sample(asking("Q")) for _ in range(40)))
            await ready(engine, 128)
            return answers

    answers = asyncio.run(ask())
    assert [answer.text for answer in answers] == ["an answer"] * 40


def test_a_replica_joins_when_its_machine_does_and_goes_with_it(
    cluster: Any, recording: Path
) -> None:
    async def ask() -> None:
        async with replaying(recording, tokens_per_s=3, replicas=3, restarts=0) as engine:
            await ready(engine, 128)  # there is room for two
            machine = cluster.add_node(num_cpus=1)
            await ready(engine, 192)
            tasks = [asyncio.create_task(engine.sample(asking("Q"))) for _ in range(60)]
            await asyncio.sleep(0.1)
            await asyncio.to_thread(cluster.remove_node, machine, allow_graceful=False)
            answers = await asyncio.gather(*tasks)
            assert [answer.text for answer in answers] == ["an answer"] * 60
            await ready(engine, 128)

    asyncio.run(ask())


def test_when_no_replica_is_left_the_engine_is_lost(recording: Path) -> None:
    async def ask() -> list[Any]:
        async with replaying(recording, tokens_per_s=2, restarts=0) as engine:
            tasks = [asyncio.create_task(engine.sample(asking("Q"))) for _ in range(3)]
            await asyncio.sleep(0.3)
            kill_a_replica()
            return list(await asyncio.gather(*tasks, return_exceptions=True))

    assert all(isinstance(answer, EngineLost) for answer in asyncio.run(ask()))


def test_what_a_replica_refuses_is_refused(recording: Path) -> None:
    async def ask() -> None:
        async with replaying(recording) as engine:
            await engine.sample(asking("never recorded"))

    with pytest.raises(EngineError, match="no trace for this prompt"):
        asyncio.run(ask())


def test_a_cancelled_sample_ends_in_its_replica(recording: Path) -> None:
    async def ask() -> None:
        async with replaying(recording, tokens_per_s=0.01) as engine:
            task = asyncio.create_task(engine.sample(asking("Q")))
            await asyncio.sleep(0.3)
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task

    asyncio.run(ask())


def test_a_replica_that_cannot_start_says_why(tmp_path: Path) -> None:
    async def start() -> None:
        async with replaying(tmp_path / "absent.jsonl"):
            pass

    with pytest.raises(CotfactoryError, match=r"no replica can start: .*there is no .*absent"):
        asyncio.run(start())


def test_a_real_model_answers_from_a_replica() -> None:
    replica = {"kind": "embedded", "slots": 2, "context_tokens": 512}
    plugin = Plugin.model_validate({"kind": "ray", "replica": replica})

    async def ask() -> Completion:
        async with make_engine(plugin, TINY) as engine:
            return await engine.sample(asking())

    answer = asyncio.run(ask())
    assert answer.text
    assert answer.completion_tokens


def test_replicas_of_replicas_are_refused() -> None:
    plugin = Plugin.model_validate({"kind": "ray", "replica": {"kind": "ray"}})
    with pytest.raises(UsageError, match="replicas"):
        make_engine(plugin, Teacher(model="x"))
