"""What generating costs beside the engine, and whether its memory grows with the run.

Run: python tests/benchmarks/overhead.py [--sizes 10000 100000 800000] [--folder DIR]

The whole of `generate`, with a file of problems, real verifiers and the real store, against an
engine that answers at once. Each session is a process of its own: one that makes the traces, and
one that finds them all made. Memory is the peak of that process, its verifier workers aside.
"""

import argparse
import json
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from types import TracebackType
from typing import Any, Self
from unittest.mock import patch

from cotfactory.engines.base import Completion, Request
from cotfactory.generate import generate
from cotfactory.generate import main as station
from cotfactory.store.run import Run
from cotfactory_schemas import Recipe

SLOTS = 256


class NullEngine:
    """Answers at once."""

    kind = "null"
    concurrency = SLOTS

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
        return Completion(f"I add.</think>\\boxed{{{request.seed % 7}}}", "stop", 20, 10, 0.0)


def recipe(folder: Path) -> Recipe:
    columns = {"paths": [str(folder / "problems.jsonl")], "domain": "math", "verifier": "math"}
    return Recipe.model_validate(
        {
            "name": "overhead",
            "problems": [{"kind": "files", **columns}],
            "teacher": {"model": "none", "prefill": "<think>"},
            "generate": {"max_samples": 1},
        }
    )


def session(folder: Path) -> None:
    """One session of generating, with what it took as a JSON line."""
    began, used = time.perf_counter(), time.process_time()
    with (
        patch.object(station, "make_engine", lambda *_: NullEngine()),  # no recipe should name it
        Run.open(folder / "run", recipe(folder)) as run,
    ):
        done = generate(run, lambda _: None).report["completions"]
    facts = {
        "completions": done,
        "wall_s": time.perf_counter() - began,
        "cpu_s": time.process_time() - used,
        "peak_mib": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
    }
    sys.stdout.write(json.dumps(facts) + "\n")


def measured(folder: Path) -> dict[str, Any]:
    command = [sys.executable, __file__, "--session", str(folder)]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    return dict(json.loads(done.stdout.splitlines()[-1]))


def measure(count: int, parent: Path | None) -> None:
    with tempfile.TemporaryDirectory(dir=parent) as name:
        folder = Path(name)
        with (folder / "problems.jsonl").open("w", encoding="utf-8") as file:
            for n in range(count):
                row = {"prompt": f"What is {n} modulo 7?", "reference": str(n % 7)}
                file.write(json.dumps(row) + "\n")
        made, again = measured(folder), measured(folder)
    sys.stdout.write(
        f"{count:>9,}  {made['completions'] / made['wall_s']:>13,.0f}  {made['peak_mib']:>8,.0f}"
        f"  {again['wall_s']:>12.1f}  {again['peak_mib']:>14,.0f}\n"
    )
    sys.stdout.flush()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sizes", type=int, nargs="+", default=[10_000, 100_000])
    parser.add_argument("--folder", type=Path, help="where the runs are written for the while")
    parser.add_argument("--session", type=Path, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.session:
        session(options.session)
        return
    sys.stdout.write("   traces  completions/s  peak MiB  second run s  its peak MiB\n")
    for count in options.sizes:
        measure(count, options.folder)


if __name__ == "__main__":
    main()
