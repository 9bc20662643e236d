"""The sandbox: hostile programs stay in it, within their limits, and others go on after them."""

import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from cotfactory_filters.verify.sandbox import (
    Sandbox,
    StoppedError,
    UnavailableError,
    probes,
    sandbox,
)
from cotfactory_filters.verify.sandbox.run import Run
from sandboxed import LAYERS, LIMITS, behind, called, still_works, written


@pytest.fixture(scope="module", params=LAYERS)
def place(request: pytest.FixtureRequest) -> Iterator[Sandbox]:
    with pytest.MonkeyPatch.context() as patch:
        made = behind(request.param, patch)
        try:
            made.start()
        except UnavailableError as error:
            pytest.skip(str(error))
    with made:
        yield made


@pytest.fixture(scope="module")
def strongest() -> Iterator[Sandbox]:
    """For limits, which no layer changes."""
    with Sandbox(LIMITS) as made:
        yield made


def test_a_program_computes_and_reads_the_standard_library(place: Sandbox) -> None:
    program = "import csv, sqlite3\nfrom collections import Counter\ndef act(x): return Counter(x)"
    assert called(place, program, "abca") == {"a": 2, "b": 1, "c": 1}


def test_a_whole_program_reads_its_input_and_writes_its_output(place: Sandbox) -> None:
    assert written(place, "print(sum(map(int, input().split())))", b"3 4\n") == b"7\n"
    assert (
        written(place, "import sys\nprint(len(sys.stdin.read()))", b"x" * 1_000_000) == b"1000000\n"
    )


def test_a_program_may_recurse_deeply_and_start_some_threads(strongest: Sandbox) -> None:
    deep = "import sys\nsys.setrecursionlimit(10**6)\ndef f(n): return n and 1 + f(n - 1)"
    assert called(strongest, deep + "\ndef act(): return f(50_000)") == 50_000
    threads = "import threading\nts = [threading.Thread(target=print) for _ in range(6)]"
    threads += "\nfor t in ts: t.start()\nfor t in ts: t.join()\ndef act(): return len(ts)"
    assert called(strongest, threads) == 6


def test_a_program_may_use_threads(place: Sandbox) -> None:
    program = (
        "import threading\nout = []\n"
        "t = threading.Thread(target=lambda: print(int(input()) * 2))\nt.start()"
    )
    assert written(place, program, b"21") == b"42\n"


GREEDY = {
    "computes for ever": ("while True: pass", {"timeout"}),
    "sleeps for ever": ("import time\ntime.sleep(1000)", {"timeout"}),
    "waits for input": ("import threading\nthreading.Event().wait()", {"timeout"}),
    "trickles": (
        "import time\nwhile True:\n    print('.', flush=True)\n    time.sleep(0.01)",
        {"timeout"},
    ),
    "trickles and starts threads": (
        (
            "import threading, time\nthreading.stack_size(32768)\n"
            "while True:\n    print('.', flush=True)\n    time.sleep(0.01)\n"
            "    threading.Thread(target=time.sleep, args=(100,)).start()"
        ),
        {"threads"},
    ),
    "writes for ever": ("while True: print('x' * 1000)", {"output"}),
    "ignores signals": (
        (
            "import signal\nfor s in range(1, 32):\n"
            "    try: signal.signal(s, signal.SIG_IGN)\n    except OSError: pass\nwhile True: pass"
        ),
        {"timeout"},
    ),
    "starts threads": (
        (
            "import threading, time\nthreading.stack_size(32768)\n"
            "while True: threading.Thread(target=time.sleep, args=(100,)).start()"
        ),
        {"threads", "timeout"},
    ),
    "computes in the regular expression engine": (
        "import re\nre.match('(a+)+$', 'a' * 60 + 'b')",
        {"timeout"},
    ),
    "computes a great power": ("x = 9 ** 9 ** 9", {"timeout"}),
    "closes its output and goes on": ("import os\nos.close(1)\nwhile True: pass", {"timeout"}),
}


@pytest.mark.parametrize(("program", "kinds"), GREEDY.values(), ids=GREEDY)
def test_greedy_programs_are_stopped_in_time(
    strongest: Sandbox, program: str, kinds: set[str]
) -> None:
    started = time.monotonic()
    with strongest.run("script", stdin=b"") as run:
        run.send({"program": program})
        assert how_it_ends(run) in kinds
    assert time.monotonic() - started < LIMITS.wall_s + 3
    assert still_works(strongest)


def how_it_ends(run: Run) -> str:
    try:
        run.output()
    except StoppedError as stopped:
        return stopped.kind
    assert run.ending is not None
    return "ended" if run.ending.exit_code else "well"


ENDING = {
    "takes memory": ("x = bytearray(1 << 40)", "MemoryError"),
    "takes memory in pieces": ("x = []\nwhile True: x.append(bytearray(1 << 20))", "MemoryError"),
    "recurses": ("def f(): f()\nf()", "RecursionError"),
    "opens files": ("x = []\nwhile True: x.append(open('/dev/null'))", "OSError"),
    "is nested too deeply": ("x = " + "(" * 10_000 + ")" * 10_000, "SyntaxError"),
    "is no text of a program": ("\0", "ValueError"),
}


@pytest.mark.parametrize(("program", "error"), ENDING.values(), ids=ENDING)
def test_programs_that_use_too_much_end_by_themselves(
    strongest: Sandbox, program: str, error: str
) -> None:
    assert called(strongest, program) in {error, "SyntaxError" if error == "ValueError" else error}
    assert still_works(strongest)


CRASHES = {
    "ends at once": "import os\nos._exit(0)",
    "crashes": "import ctypes\nctypes.string_at(0)",
    "aborts": "import os\nos.abort()",
    "recurses without a limit": (
        "import sys\nsys.setrecursionlimit(10**9)\nx = []\nfor _ in range(10**6): x = [x]\nrepr(x)"
    ),
    "closes the channel": "import os\nos.closerange(0, 100)",
    "talks nonsense on the channel": "import os\nos.write(3, b'\\xff' * 1000)\nos._exit(0)",
}


@pytest.mark.parametrize("program", CRASHES.values(), ids=CRASHES)
def test_programs_that_crash_are_told_from_those_that_answer(
    strongest: Sandbox, program: str
) -> None:
    with pytest.raises(StoppedError) as stopped:
        called(strongest, program)
    assert stopped.value.kind in {"ended", "garbled", "timeout"}
    assert still_works(strongest)


def test_a_program_that_trickles_on_the_channel_is_stopped_in_time(strongest: Sandbox) -> None:
    trickle = "import os, time\nwhile True:\n    os.write(3, b'\\0')\n    time.sleep(0.01)"
    started = time.monotonic()
    with pytest.raises(StoppedError) as stopped:
        called(strongest, "import os\nos.write(3, b'\\0\\1\\0\\0')\n" + trickle)
    assert stopped.value.kind == "timeout"
    assert time.monotonic() - started < LIMITS.wall_s + 3


def test_files_are_limited_and_gone_afterwards(place: Sandbox) -> None:
    fill = """
def act():
    sizes = 0
    try:
        for number in range(1000):
            with open(f"file{number}", "wb") as file:
                for _ in range(64):
                    sizes += file.write(bytes(1 << 14))
                    file.flush()
    except OSError:
        pass
    return sizes
"""
    size = called(place, fill)
    if "namespaces" in place.layer:
        assert 0 < size <= LIMITS.file_mib << 20
        nested = "import os\ndef act():\n    try:\n        while True:\n            os.umask(0o777)"
        nested += (
            "\n            os.mkdir('d'); os.chdir('d')\n    except OSError:\n        return 1"
        )
        assert called(place, nested) == 1
        assert called(place, "import os\ndef act(): return os.listdir('.')") == []
        assert called(place, fill) == size
    else:  # without a file system of its own, a program gets no place to write
        assert size in {"PermissionError", 0}


def test_nothing_of_one_program_reaches_the_next(place: Sandbox) -> None:
    leave = "import builtins, json\nbuiltins.left = json.left = 1\ndef act(): return 1"
    assert called(place, leave) == 1
    look = "import builtins, json\ndef act(): return 'left' in vars(builtins) | vars(json)"
    assert called(place, look) is False


def test_a_program_cannot_leave_a_file_for_the_next_or_take_its_place(place: Sandbox) -> None:
    leave = """
import os
def act():
    for path in ["/tmp/left", *(f"/tmp/{n}" for n in range(1, 60))]:
        try:
            os.mkdir(path)
            open(path + "/file", "w").close()
        except OSError:
            pass
    return 1
"""
    assert called(place, leave) == 1
    look = "import os\ndef act():\n    return os.path.exists('/tmp/left')"
    assert called(place, look) is False
    assert still_works(place)


def test_two_programs_run_side_by_side(place: Sandbox) -> None:
    with place.run("serve") as one, place.run("serve") as two:
        for run, answer in ((one, 1), (two, 2)):
            run.send({"prelude": "", "program": f"def act(): return {answer}"})
        answers = []
        for run in (two, one):
            run.receive()
            run.send({"name": "act", "args": [], "kwargs": {}, "nonce": "n"})
            answers.append(run.receive()["value"])
    assert answers == [2, 1]


def test_a_sandbox_whose_warm_process_was_killed_starts_again(place: Sandbox) -> None:
    zygote = place._zygote  # noqa: SLF001 - the fault to inject
    assert zygote is not None
    zygote.process.kill()
    zygote.process.wait()
    assert still_works(place)


@pytest.mark.parametrize("missing", ["landlock", "seccomp"])
def test_a_layer_too_few_does_not_pass_the_self_test(
    missing: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept = "seccomp" if missing == "landlock" else "landlock"
    with pytest.raises(UnavailableError, match=f"{kept}: does not hold back"):
        behind(kept, monkeypatch).start()


def test_where_the_strongest_layers_fail_the_next_ones_are_taken(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    layers = (("namespaces",), ("landlock", "seccomp"))
    monkeypatch.setattr(sandbox, "STRONGEST_FIRST", layers)
    with Sandbox(LIMITS) as place:
        assert place.layer == "landlock+seccomp"
        assert still_works(place)


def test_no_sandbox_means_no_execution(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(probes, "escapes", lambda _place: ["read_outside"])
    with pytest.raises(UnavailableError, match="read_outside") as refused:
        Sandbox(LIMITS).run("serve")
    for layers in LAYERS:
        assert layers in str(refused.value)


def test_without_a_sandbox_only_an_explicit_wish_runs_programs(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(sandbox, "STRONGEST_FIRST", ())
    monkeypatch.delenv("HF_TOKEN", raising=False)
    with Sandbox(LIMITS, allow_unsafe=True) as place:
        assert place.layer == "none (unsafe)"
        assert still_works(place)
    monkeypatch.setenv("HF_TOKEN", "hf_x")
    with pytest.raises(UnavailableError, match="HF_TOKEN"):
        Sandbox(LIMITS, allow_unsafe=True).start()


def test_nothing_survives_a_parent_that_is_killed() -> None:
    program = """
import time
from cotfactory_filters.verify.sandbox import Limits, Sandbox
place = Sandbox(Limits())
place.start()
run = place.run("serve")
run.send({"prelude": "", "program": "import time; time.sleep(1000)"})
print(place._zygote.process.pid, flush=True)
time.sleep(1000)
"""
    parent = subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE, text=True)
    assert parent.stdout is not None
    zygote = int(parent.stdout.readline())
    family = descendants(zygote)
    assert len(family) >= 2
    parent.send_signal(signal.SIGKILL)
    parent.wait()
    parent.stdout.close()
    deadline = time.monotonic() + 5
    while any(map(is_alive, family)) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert not any(map(is_alive, family))


def descendants(process: int) -> list[int]:
    found = [process]
    for parent in found:
        children = Path(f"/proc/{parent}/task/{parent}/children").read_text().split()
        found += map(int, children)
    return found


def is_alive(process: int) -> bool:
    try:
        return "\nState:\tZ" not in Path(f"/proc/{process}/status").read_text()
    except (FileNotFoundError, ProcessLookupError):
        return False
