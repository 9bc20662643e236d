"""Signals at any moment of any command, sent to real processes."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
import yaml

from builders import problem, trace, verdict
from chat_server import Body, ChatServer, Reply, answering, serving
from cotfactory.store.run import Run
from cotfactory_schemas import Recipe

ENDLESS = "select count(*) from range(100000000000) a, range(1000000) b"
PARENT = """
import os, signal, sys
from cotfactory import interrupts
from cotfactory.errors import CotfactoryError
try:
    with interrupts.ending(resumable={resumable}):
        {body}
except CotfactoryError as error:
    print(error, file=sys.stderr)
    sys.exit(error.exit_code)
"""


def start(*command: object) -> "subprocess.Popen[str]":
    return subprocess.Popen(
        [sys.executable, *map(str, command)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )


def listening(process: "subprocess.Popen[str]") -> "subprocess.Popen[str]":
    """Waits until the process answers signals itself."""
    caught, status = 0, Path(f"/proc/{process.pid}/status")
    while not caught >> (signal.SIGTERM - 1) & 1:
        time.sleep(0.01)
        (line,) = [line for line in status.read_text().splitlines() if line.startswith("SigCgt")]
        caught = int(line.split()[1], 16)
    return process


def ended(process: "subprocess.Popen[str]", after_s: float, number: int) -> tuple[int, list[str]]:
    """Sends the signal to the process alone; returns its exit code and its lines of errors."""
    time.sleep(after_s)
    process.send_signal(number)
    _, errors = process.communicate(timeout=60)
    assert nobody_left(process.pid)
    return process.returncode, errors.splitlines()


def nobody_left(group: int) -> bool:
    """Whether the processes of a group are gone soon; who is killed may take a moment to go."""
    for _ in range(500):
        try:
            os.killpg(group, 0)
        except ProcessLookupError:
            return True
        time.sleep(0.01)
    return False


def slowly(_number: int, _body: Body) -> Reply:
    time.sleep(0.1)
    return answering()


def running(body: str, *, resumable: bool = True) -> "subprocess.Popen[str]":
    """A command that does `body`, once it has said that it is about to."""
    process = start("-c", PARENT.format(body=f"print(0, flush=True); {body}", resumable=resumable))
    assert process.stdout is not None
    process.stdout.readline()
    return process


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
@pytest.mark.parametrize("after_s", [0.0, 0.5, 1.2])
def test_a_signal_while_generating_starts_asks_for_the_same_command_again(
    number: signal.Signals, after_s: float, tmp_path: Path
) -> None:
    rows = [json.dumps({"prompt": f"{n} + 1?", "reference": "?"}) for n in range(500)]
    (tmp_path / "problems.jsonl").write_text("\n".join(rows), "utf-8")
    source = {"kind": "files", "paths": [str(tmp_path / "problems.jsonl")], "verifier": "math"}
    with serving(ChatServer(slowly)) as server:
        engine = {"kind": "openai", "base_url": server.url, "concurrency": 2}
        text = {"name": "s", "problems": [source], "teacher": {"model": "m"}, "engine": engine}
        (tmp_path / "s.yaml").write_text(yaml.safe_dump(text), "utf-8")
        command = ("generate", tmp_path / "s.yaml", "--out", tmp_path / "run")
        code, errors = ended(listening(start("-m", "cotfactory", *command)), after_s, number)
    assert code == 75
    assert len(errors) == 1
    assert "run the same command again" in errors[0]


def test_a_filter_that_is_stopped_goes_on(tmp_path: Path) -> None:
    problems = [problem(f"What is {n} + 3?") for n in range(50)]
    traces = [trace(one, n) for one in problems for n in range(20)]
    with Run.open(tmp_path / "run", Recipe(name="stopped")) as run:
        run.append([*problems, *traces, *map(verdict, traces)])
    for after_s in (0.0, 0.6):
        process = start("-m", "cotfactory", "filter", tmp_path / "run")
        code, errors = ended(listening(process), after_s, signal.SIGTERM)
        assert (code, len(errors)) == (75, 1)
    process = start("-m", "cotfactory", "filter", tmp_path / "run")
    said, _ = process.communicate()
    assert process.returncode == 0
    assert json.loads(said.splitlines()[-1])["traces"] == len(traces)


def test_a_query_that_is_stopped_leaves_no_database_behind(tmp_path: Path) -> None:
    with Run.open(tmp_path / "run", Recipe(name="asked")) as run:
        run.append([problem(), trace(problem())])
    process = start("-m", "cotfactory", "query", tmp_path / "run", ENDLESS)
    assert ended(listening(process), 2.0, signal.SIGINT) == (130, ["ended by SIGINT"])


def test_worker_processes_end_with_the_command() -> None:
    body = "from multiprocessing import Process; import time\n"
    body += "        child = Process(target=time.sleep, args=(99,)); child.start(); child.join()"
    code, errors = ended(running(body), 0.3, signal.SIGTERM)
    assert (code, len(errors)) == (75, 1)


def test_native_code_that_hears_no_signal_is_not_waited_for() -> None:
    body = "import ctypes; [ctypes.CDLL(None).sleep(60) for _ in range(9)]"
    deaf = "signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGTERM}); " + body
    began = time.monotonic()
    code, errors = ended(running(deaf, resumable=False), 0.3, signal.SIGTERM)
    assert (code, errors) == (143, ["ended by SIGTERM"])
    assert time.monotonic() - began < 30


def test_a_signal_inside_a_callback_that_can_raise_nothing_ends_the_command() -> None:
    body = "import weakref; kept = type('T', (), {})()\n"
    body += "        seen = weakref.ref(kept, lambda _: signal.pause()); del kept; signal.pause()"
    code, errors = ended(running(body), 0.3, signal.SIGTERM)
    assert (code, len(errors)) == (75, 1)


def test_a_second_signal_does_not_wait_for_the_first_to_be_over() -> None:
    body = "import contextlib, time; stack = contextlib.ExitStack()\n"
    body += "        with stack: stack.callback(time.sleep, 60); time.sleep(60)"
    process = running(body)
    time.sleep(0.3)
    process.send_signal(signal.SIGINT)
    assert ended(process, 0.5, signal.SIGTERM)[0] == 75


def test_handlers_that_an_event_loop_took_are_put_back() -> None:
    body = "import asyncio\n"
    body += "        async def work(): asyncio.get_running_loop()"
    body += ".add_signal_handler(signal.SIGTERM, print)\n"
    body += "        with interrupts.kept(): asyncio.run(work())\n"
    body += "        print(1, flush=True); signal.pause()"
    code, errors = ended(running(body), 0.5, signal.SIGTERM)
    assert (code, len(errors)) == (75, 1)
