"""The pool: a hang or a crash costs one item, equal questions are asked once, it always ends."""

import os
import signal
import subprocess
import sys
import textwrap
import time
from collections.abc import Iterator
from concurrent.futures import Future
from pathlib import Path

import pytest

from answers import problem, trace
from cotfactory_filters.verify.pool import VerifierPool
from cotfactory_filters.verify.registry import REGISTRY
from cotfactory_schemas import Verdict
from cotfactory_schemas.recipe import VerifySettings

OUTSIDE = """
    import os, time
    from cotfactory_filters.verify.answer import AnswerVerifier, Judgement

    class Hostile(AnswerVerifier):
        name = "hostile"
        version = 3

        def quick(self, question):
            if question.answer == "invent at once":
                return Judgement("splendid", "")

        def judge(self, question):
            with open(os.environ["ASKED"], "a") as asked:
                asked.write(question.answer + "\\n")
            if question.answer == "hang":
                while True:
                    try:
                        time.sleep(1)
                    except Exception:
                        pass
            if question.answer == "hang in C":
                (10**7) ** (10**7)
            if question.answer == "die":
                os._exit(3)
            if question.answer == "eat":
                return Judgement("correct", "", detail=str(len("x" * (1 << 40))))
            if question.answer == "raise":
                raise RuntimeError("a defect")
            if question.answer == "invent":
                return Judgement("splendid", "")
            if question.answer == "nothing":
                return None
            return Judgement("correct", "own")
"""


@pytest.fixture
def asked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Brings a verifier from outside, through an entry point; yields the file of what it judged."""
    (tmp_path / "outside.py").write_text(textwrap.dedent(OUTSIDE))
    info = tmp_path / "outside-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: outside\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text("[cotfactory.verifiers]\nhostile = outside:Hostile\n")
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    monkeypatch.setenv("ASKED", str(tmp_path / "asked"))
    yield tmp_path / "asked"
    sys.modules.pop("outside", None)


def judge(*answers: str, **settings: float) -> list[Verdict]:
    pairs = [(problem("4", "hostile"), trace(f"<answer>{a}</answer>")) for a in answers]
    with VerifierPool(VerifySettings(**{"timeout_s": 0.5, **settings})) as pool:  # type: ignore[arg-type]
        return list(pool.verify_all(pairs))


@pytest.mark.usefixtures("asked")
@pytest.mark.parametrize(
    ("trouble", "status"),
    [
        ("hang", "timeout"),
        ("hang in C", "timeout"),
        ("die", "error"),
        ("eat", "error"),
        ("raise", "error"),
        ("invent", "error"),
        ("nothing", "error"),
        ("invent at once", "error"),
    ],
)
def test_trouble_costs_one_item(trouble: str, status: str) -> None:
    started = time.monotonic()
    verdicts = judge("a", "b", trouble, "c", "d")
    assert [v.status for v in verdicts] == ["correct", "correct", status, "correct", "correct"]
    assert verdicts[2].seconds < 0.5 + 0.5
    assert verdicts[2].detail
    assert {v.version for v in verdicts} == {3}
    assert time.monotonic() - started < 30


def test_equal_questions_are_asked_once(asked: Path) -> None:
    verdicts = judge(*["a", "b"] * 50, workers=2)
    assert [v.status for v in verdicts] == ["correct"] * 100
    assert sorted(asked.read_text().split()) == ["a", "b"]


@pytest.mark.usefixtures("asked")
def test_verdicts_keep_the_order_and_the_ids_of_their_traces() -> None:
    with VerifierPool(VerifySettings(workers=2)) as pool:
        pairs = [
            (problem(str(i % 7)), trace(rf"\boxed{{{i % 5}}}", trace_id=str(i))) for i in range(99)
        ]
        verdicts = list(pool.verify_all(pairs))
    assert [v.trace_id for v in verdicts] == [str(i) for i in range(99)]
    assert [v.status == "correct" for v in verdicts] == [i % 7 == i % 5 for i in range(99)]


@pytest.mark.usefixtures("asked")
def test_leaving_after_an_exception_ends_at_once_and_cancels() -> None:
    started = time.monotonic()
    futures: list[Future[Verdict]] = []

    def interrupted() -> None:
        with VerifierPool(VerifySettings(timeout_s=600)) as pool:
            traces = [trace("<answer>hang"), trace("<answer>a")]
            futures.extend(pool.submit(problem("4", "hostile"), late) for late in traces)
            time.sleep(0.5)
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        interrupted()
    assert [future.cancelled() for future in futures] == [True, True]
    assert time.monotonic() - started < 20


def test_a_problem_without_a_known_verifier_costs_one_row() -> None:
    with VerifierPool(VerifySettings()) as pool:
        unknown = pool.submit(problem("4", "mathh"), trace(r"\boxed{4}")).result()
        nothing = pool.submit(problem("4", ""), trace(r"\boxed{4}")).result()
    assert unknown.status == "error"
    assert "Did you mean 'math'?" in unknown.detail
    assert nothing.status == "unverifiable"


def test_a_verifier_from_outside_is_known_by_name(asked: Path) -> None:
    assert "hostile" in REGISTRY.names()
    assert not asked.exists()


def test_an_interrupted_program_leaves_no_worker_behind(asked: Path) -> None:
    program = f"""
        import sys
        sys.path.insert(0, {str(Path(__file__).parents[2])!r})
        from answers import problem, trace
        from cotfactory_filters.verify.pool import VerifierPool
        from cotfactory_schemas.recipe import VerifySettings
        with VerifierPool(VerifySettings(timeout_s=600)) as pool:
            future = pool.submit(problem("4", "hostile"), trace("<answer>hang</answer>"))
            worker = pool.submit(problem("4", "hostile"), trace("<answer>a</answer>"))
            print("ready", flush=True)
            worker.result()
    """
    running = subprocess.Popen(
        [sys.executable, "-c", textwrap.dedent(program)],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        env=os.environ.copy(),
    )
    assert running.stdout
    assert running.stdout.readline() == b"ready\n"
    while not asked.exists():
        time.sleep(0.05)
    running.send_signal(signal.SIGINT)
    assert running.wait(timeout=20) != 0
    running.stdout.close()
    assert not workers_of(running.pid)


def workers_of(parent: int) -> list[int]:
    """The ids of processes that say in their environment or status that `parent` started them."""
    found = []
    for status in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            command = status.read_bytes()
            environment = (status.parent / "environ").read_bytes()
        except OSError:
            continue
        if b"cotfactory_filters.verify.worker" in command and b"ASKED=" in environment:
            found.append(int(status.parent.name))
    return [pid for pid in found if pid != parent]
