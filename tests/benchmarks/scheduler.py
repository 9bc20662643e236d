"""How well the scheduler uses an engine, beside the loops of other tools, in one run.

Run: python tests/benchmarks/scheduler.py [--quick]

Occupancy is simulated in virtual time: our scheduler runs unchanged on an event loop whose clock
jumps, against an engine that only waits. Lengths are log-normal with the mean that DeepSeek-R1
reports for mathematics (6,094 tokens), log-sd 0.75, cut at 32,768; samples of one problem share
0.92, 0.88 or 0.79 of the log-variance, as in published samples of R1-0528, QwQ-32B and
Qwen3-30B-A3B. For what generating costs beside the engine, see overhead.py.
"""

import argparse
import asyncio
import heapq
import math
import random
import selectors
import sys
from collections.abc import Callable
from types import TracebackType
from typing import Any, Self

from cotfactory.engines.base import Completion, Request
from cotfactory.generate.plan import Asked, Plan
from cotfactory.generate.samples import Sampler
from cotfactory.generate.scheduler import Scheduler
from cotfactory.generate.station import Station
from cotfactory_schemas import Message, Problem, Status, Teacher, Trace, Verdict
from cotfactory_schemas.recipe import GenerateSettings

SLOTS = 256
MEAN_TOKENS, LOG_SD, LIMIT = 6094, 0.75, 32_768
SHARED_VARIANCE = {"R1-0528": 0.92, "QwQ-32B": 0.88, "Qwen3-30B-A3B": 0.79}
TOKENS_PER_S = 30.0
# Problems by pass rate. "strong": Qwen2.5-Math, 8 samples of MATH problems; "weak": GPT-3
# fine-tuned, 4 samples of GSM8K; "half solved": OpenR1-Math-220k solved 55 % of its problems.
PASS_RATES: dict[str, dict[float, int]] = {
    "strong": {0.0: 1, 0.125: 1, 0.375: 1, 0.5: 1, 0.75: 2, 1.0: 43},
    "weak": {0.0: 229, 0.25: 159, 0.5: 113, 0.75: 109, 1.0: 80},
    "half solved": {0.0: 45, 0.1: 5, 0.3: 5, 0.5: 5, 0.7: 10, 0.9: 15, 1.0: 15},
}


class JumpingSelector(selectors.DefaultSelector):
    """Lets a waiting event loop wait in no time."""

    jumped_s = 0.0

    def select(self, timeout: float | None = None) -> list[Any]:
        ready = super().select(0)
        if not ready and timeout:
            JumpingSelector.jumped_s += timeout
        return ready


class VirtualLoop(asyncio.SelectorEventLoop):
    """An event loop whose clock counts only what it waited for."""

    def __init__(self) -> None:
        JumpingSelector.jumped_s = 0.0
        super().__init__(JumpingSelector())

    def time(self) -> float:
        return JumpingSelector.jumped_s


def say(line: str) -> None:
    sys.stdout.write(line + "\n")


def problem(number: int) -> Problem:
    return Problem(
        messages=(Message(role="user", content=f"Problem {number}"),),
        domain="math",
        reference="5",
        verifier="math",
        source="benchmark",
    )


def length(problem_id: str, trace_id: str, model: str) -> int:
    """Tokens of one sample, the same at every call."""
    own, shared = random.Random(trace_id).gauss(), random.Random(problem_id).gauss()
    variance = SHARED_VARIANCE[model]
    z = math.sqrt(variance) * shared + math.sqrt(1 - variance) * own
    return min(int(math.exp(math.log(MEAN_TOKENS) - LOG_SD**2 / 2 + LOG_SD * z)), LIMIT)


class WaitingEngine:
    """Takes as long as its answers are long."""

    kind = "simulated"
    concurrency = SLOTS

    def __init__(self, model: str) -> None:
        self._model = model

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        return None

    async def sample(self, request: Request) -> Completion:
        tokens = length(request.messages[-1].content, request.trace_id, self._model)
        await asyncio.sleep(tokens / TOKENS_PER_S)
        return Completion("so</think>\\boxed{5}", "stop", 20, tokens, 0.0)


class Judge(Station):
    """Gives verdicts by pass rate, at once, and keeps nothing."""

    def __init__(self, rates: dict[float, int]) -> None:
        self._rates = rates

    @property
    def backlog(self) -> int:
        return 0

    def on_durable(self, call: Callable[[], None]) -> None:
        pass

    def put(self, row: object) -> None:
        pass

    def check(self) -> None:
        pass

    async def verdict(self, problem: Problem, trace: Trace) -> Verdict:
        chosen = random.Random(problem.prompt).choices(
            list(self._rates), list(self._rates.values())
        )
        right = random.Random(trace.trace_id).random() < chosen[0]
        status: Status = "correct" if right else "incorrect"
        return Verdict(trace_id=trace.trace_id, status=status, verifier="simulated", version=1)


def simulate(
    problems: int, rates: str = "strong", model: str = "R1-0528", **settings: Any
) -> Scheduler:
    """Our scheduler in virtual time."""
    sampler = Sampler(Teacher(model="m"), "simulated", 0)
    plan = Plan(GenerateSettings.model_validate({"stall_s": 1e9, **settings}))
    arrivals = (Asked(problem(n), n) for n in range(problems))
    loop = VirtualLoop()

    async def work() -> Scheduler:
        scheduler = Scheduler(plan, arrivals, iter(()), sampler, Judge(PASS_RATES[rates]))
        await scheduler.drive(WaitingEngine(model), lambda: None)
        return scheduler

    try:
        return loop.run_until_complete(work())
    finally:
        loop.close()


def lengths(problems: int, samples: int, model: str) -> list[list[int]]:
    sampler = Sampler(Teacher(model="m"), "simulated", 0)
    asked = [Asked(problem(n), n) for n in range(problems)]
    return [
        [length(a.problem.prompt, sampler.fresh(a, i).trace_id, model) for i in range(samples)]
        for a in asked
    ]


def pool_occupancy(jobs: list[int], slots: int) -> float:
    """Slots that take the next job when free, first in first out."""
    free = [0.0] * slots
    for job in jobs:
        heapq.heapreplace(free, free[0] + job)
    return sum(jobs) / (max(free) * slots)


def batch_synchronous(jobs: list[int], slots: int) -> float:
    """A batch of as many as there are slots waits for its slowest."""
    batches = [jobs[i : i + slots] for i in range(0, len(jobs), slots)]
    return sum(jobs) / (sum(map(max, batches)) * slots)


def slot_waits_for_slowest(groups: list[list[int]], slots: int) -> float:
    """A slot group takes a problem's samples together and waits for the slowest of them."""
    samples = len(groups[0])
    work = sum(map(sum, groups))
    free = [0.0] * max(slots // samples, 1)
    for group in groups:
        heapq.heapreplace(free, free[0] + max(group))
    return work / (max(free) * slots)


def occupancy(requests: int, model: str) -> None:
    say(f"\nOccupancy, {requests} requests, {SLOTS} slots, lengths as alike as those of {model}")
    say("(overall; steady = until work runs dry; known = longest first with all lengths known)")
    say("  n   ours  steady  known  first-in-first-out  slot waits for slowest  batch-synchronous")
    for samples in (1, 4, 8):
        problems = requests // samples
        settings: dict[str, Any] = {"max_samples": samples, "until_correct": False}
        account = simulate(problems, model=model, **settings).account
        facts = account.report(GenerateSettings().price)
        groups = lengths(problems, samples, model)
        jobs = [group[i] for i in range(samples) for group in groups]
        known = pool_occupancy(sorted(jobs, reverse=True), SLOTS)
        say(
            f"  {samples}  {facts['occupancy']:.3f}   {facts['steady_occupancy']:.3f}  {known:.3f}"
            f"  {pool_occupancy(jobs, SLOTS):16.3f}  {slot_waits_for_slowest(groups, SLOTS):20.3f}"
            f"  {batch_synchronous(jobs, SLOTS):19.3f}"
        )


def until_k(problems: int) -> None:
    say(f"\nUntil one is right against fixed n, {problems} problems, equal coverage")
    for rates in PASS_RATES:
        for samples in (8, 16):
            fixed = simulate(problems, rates, max_samples=samples, until_correct=False)
            ours = simulate(problems, rates, max_samples=samples)
            covered = [run.plan.outcomes["accepted"] for run in (ours, fixed)]
            tokens = [
                run.account.tokens.thought + run.account.tokens.response for run in (ours, fixed)
            ]
            say(
                f"  {rates:<12} n={samples:<3} covered {covered[0]} and {covered[1]}, "
                f"{ours.account.requests / problems:.2f} samples a problem, "
                f"{tokens[1] / tokens[0]:.2f}x fewer tokens"
            )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="a tenth of the work")
    options = parser.parse_args()
    scale = 10 if options.quick else 1
    say(f"Python {sys.version.split()[0]}")
    for model in SHARED_VARIANCE:
        occupancy(2_000, model)
    if not options.quick:
        occupancy(20_000, "R1-0528")
    until_k(4_000 // scale)


if __name__ == "__main__":
    main()
