"""The worker process: judges what the pool sends, each item within a time and a memory limit.

Started as `python -m cotfactory_filters.verify.worker`; its first argument is the descriptor of a
socket to the pool. It never forks, shares no thread with the pool, and ends when the socket does.
"""

import resource
import signal
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from multiprocessing.connection import Connection
from types import FrameType

from cotfactory_filters.verify import messages
from cotfactory_filters.verify.answer import AnswerVerifier, Judgement, Question
from cotfactory_filters.verify.base import Verifier
from cotfactory_filters.verify.messages import STARTED, Job, Limits, Outcome
from cotfactory_filters.verify.registry import make_verifier

REPEAT_S = 0.1  # how often the alarm is raised again for code that swallows the first
ORPHAN_GRACE_S = 2.0  # CPU time after which the system ends a worker whose pool is gone
MIB = 1 << 20
DETAIL_CHARS = 300


class OutOfTimeError(BaseException):
    """Raised by the alarm; no `except Exception` of a library swallows it."""


def main() -> None:
    """Serves jobs until the pool closes the socket."""
    pool = Connection(int(sys.argv[1]))
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGALRM, _raise_out_of_time)
    limits = messages.read_limits(pool.recv_bytes())
    resource.setrlimit(resource.RLIMIT_AS, (limits.memory_mib * MIB,) * 2)
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    made: dict[str, Verifier] = {}
    try:
        while True:
            batch = messages.read_batch(pool.recv_bytes())
            for name in {job.verifier for job in batch} - made.keys():
                made[name] = _prepared(name, limits)
            pool.send_bytes(STARTED)
            for job in batch:
                pool.send_bytes(_reply(made[job.verifier], job))
    except (EOFError, ConnectionError):
        return


def _prepared(name: str, limits: Limits) -> Verifier:
    """Makes a verifier and has it load what it needs, outside any item's time limit."""
    verifier = make_verifier(name, limits.verifiers.get(name))
    prepare = getattr(verifier, "prepare", None)
    if prepare is not None:
        prepare()
    return verifier


def _reply(verifier: Verifier, job: Job) -> bytes:
    """Judges one job; every failure is an outcome."""
    try:
        with _time_limit(job.timeout_s):
            return messages.write_outcome(_outcome(verifier, job))
    except OutOfTimeError:
        failed = Judgement("timeout", "", detail=f"no verdict within {job.timeout_s:g} s")
    except MemoryError:
        failed = Judgement("error", "", detail="the verifier ran out of its memory limit")
    except Exception as error:  # noqa: BLE001 - any defect of a verifier costs one item
        failed = Judgement("error", "", detail=f"{type(error).__name__}: {error}"[:DETAIL_CHARS])
    return messages.write_outcome(failed)


def _outcome(verifier: Verifier, job: Job) -> Outcome:
    if not isinstance(job.work, Question):
        return verifier.verify(*job.work)
    if not isinstance(verifier, AnswerVerifier):
        raise TypeError(f"{verifier.name} takes no questions")
    return verifier.judge(job.work)


@contextmanager
def _time_limit(seconds: float) -> Iterator[None]:
    """Raises OutOfTimeError after `seconds`; without a pool left, the system ends the process."""
    started = time.monotonic()
    signal.setitimer(signal.ITIMER_VIRTUAL, seconds + ORPHAN_GRACE_S)
    signal.setitimer(signal.ITIMER_REAL, seconds, REPEAT_S)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.setitimer(signal.ITIMER_VIRTUAL, 0)
    if time.monotonic() - started >= seconds:  # a library's bare `except:` swallowed the alarm
        raise OutOfTimeError


def _raise_out_of_time(_signal: int, _frame: FrameType | None) -> None:
    raise OutOfTimeError


if __name__ == "__main__":
    main()
