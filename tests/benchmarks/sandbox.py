"""How many small programs a minute the code verifier judges, behind which layer.

Run: python tests/benchmarks/sandbox.py [--programs N] [--workers N]

Three kinds of problems, each program different: asserts compared outside, tests run in a second
sandbox, and whole programs with one input. For comparison, a fresh interpreter for each program,
with no sandbox at all.
"""

import argparse
import os
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable
from typing import Any

from cotfactory_filters.verify.pool import VerifierPool
from cotfactory_schemas import Message, Problem, Trace
from cotfactory_schemas.recipe import VerifySettings

GOAL_PER_MINUTE = 5_000
FRESH_INTERPRETERS = 100


def values(number: int) -> tuple[dict[str, Any], str]:
    """Asserts of one call each; every fourth program is wrong."""
    tests = "\n".join(f"assert mix([{n}, {number}], {n}) == {n * number + n}" for n in range(3))
    extra = " + 1" if number % 4 == 0 else ""
    body = (
        f"    total = 0\n    for x in xs[1:]:\n        total += x * k\n    return total + k{extra}"
    )
    return {"tests": tests}, f"from typing import List\n\ndef mix(xs: List[int], k: int):\n{body}"


def tests(number: int) -> tuple[dict[str, Any], str]:
    """A check function with a loop, as HumanEval has a few."""
    loop = f"    for n in range(5):\n        assert abs(candidate(n) - n - {number}) < 1e-6"
    checks = {"tests": f"def check(candidate):\n{loop}", "entry_point": "shift"}
    return checks, f"def shift(n):\n    return n + {number}"


def output(number: int) -> tuple[dict[str, Any], str]:
    """A whole program and one input."""
    io = [{"input": f"3\n1 2 {number}\n", "output": f"{3 + number}\n"}]
    return {"io": io}, f"n = int(input())\nprint(sum(map(int, input().split())))  # {number}"


def pair(kind: Callable[[int], tuple[dict[str, Any], str]], number: int) -> tuple[Problem, Trace]:
    """Returns a problem and the trace that answers it."""
    checks, program = kind(number)
    message = Message(role="user", content=str(number))
    problem = Problem(messages=(message,), source="bench", verifier="code", checks=checks)
    raw = f"```python\n{program}\n```"
    trace = Trace(
        trace_id=str(number),
        problem_id=problem.problem_id,
        sample=0,
        teacher="none",
        model="none",
        raw=raw,
        response=raw,
        finish_reason="stop",
    )
    return problem, trace


def measure(
    kind: Callable[[int], tuple[dict[str, Any], str]], programs: int, workers: int
) -> tuple[float, Counter[str], str]:
    """Returns verdicts a minute, how many of each status, and the layer."""
    with VerifierPool(VerifySettings(workers=workers)) as pool:
        list(pool.verify_all(pair(kind, -n - 1) for n in range(2 * workers)))  # starts workers
        started = time.perf_counter()
        verdicts = list(pool.verify_all(pair(kind, n) for n in range(programs)))
        seconds = time.perf_counter() - started
    layer = verdicts[0].detail.rpartition("in ")[2].partition(",")[0]
    return 60 * programs / seconds, Counter(v.status for v in verdicts), layer


def fresh_interpreters() -> float:
    """Returns how many interpreters a minute start and end, one after the other."""
    started = time.perf_counter()
    for _ in range(FRESH_INTERPRETERS):
        subprocess.run([sys.executable, "-I", "-c", "pass"], check=True)
    return 60 * FRESH_INTERPRETERS / (time.perf_counter() - started)


def main() -> None:
    """Prints a table, and exits with 1 when the goal is missed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--programs", type=int, default=2_000)
    parser.add_argument("--workers", type=int, default=2)
    asked = parser.parse_args()
    load = f"load average {os.getloadavg()[0]:.1f}"
    print(f"{asked.programs} programs a kind, {asked.workers} workers, {load}")
    slowest = float("inf")
    for kind in (values, tests, output):
        rate, statuses, layer = measure(kind, asked.programs, asked.workers)
        slowest = min(slowest, rate)
        print(f"{kind.__name__:<8} {rate:>8,.0f} a minute  {dict(statuses)}  {layer}")
    print(f"{'fresh':<8} {fresh_interpreters():>8,.0f} a minute  bare interpreters, one at a time")
    if slowest < GOAL_PER_MINUTE:
        sys.exit(f"slower than the goal of {GOAL_PER_MINUTE:,} a minute")


if __name__ == "__main__":
    main()
