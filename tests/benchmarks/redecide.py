"""What a researcher waits for after changing a threshold: `filter --no-splits` on many traces.

    python tests/benchmarks/redecide.py [TRACES]

Makes a run of so many short traces (800,000), four to a problem, measures it once, and changes a
rule in a new process each time, as the command line does. Prints wall and CPU seconds and the peak
memory of that process; how long a text is does not matter to it, since it reads none.
"""

import os
import resource
import subprocess
import sys
import tempfile
import time
from itertools import islice
from pathlib import Path

import numpy as np
import polars as pl
import pyarrow as pa

from cotfactory.store import journal
from cotfactory.store.parts import TABLES, part_name
from cotfactory.store.run import Run
from cotfactory_filters.verify.math import MathVerifier
from cotfactory_schemas import Message, Problem, Recipe, Trace, Verdict, ids, tables
from cotfactory_schemas.recipe import FilterSettings

PART_TRACES = 20_000
PER_PROBLEM = 4
WORDS = 24
ANSWER = "The answer is \\boxed{1}."
CHANGES = ("2000", "3000", "2500")
"""Limits of the rule `long_paragraph`."""


def make_run(path: Path, traces: int) -> None:
    """Writes the parts of a run as its store would, without the cost of row by row."""
    with Run.open(path, Recipe(name="bench", filter=FilterSettings(workers=2))):
        pass
    rng = np.random.default_rng(0)
    log = journal.Journal(path / "commits.log")
    for number, first in enumerate(range(0, traces, PART_TRACES), 1):
        made = _part(first, min(PART_TRACES, traces - first), rng)
        entries = []
        for table, frame in made.items():
            file = path / table / part_name(number)
            file.parent.mkdir(exist_ok=True)
            frame.write_parquet(file)
            size = file.stat().st_size
            entries.append({"table": table, "file": file.name, "rows": frame.height, "bytes": size})
        log.append([{"parts": entries}])
    log.close()


def _part(first: int, count: int, rng: np.random.Generator) -> dict[str, pl.DataFrame]:
    problems, traces, verdicts = _nouns()
    asked = [ids.content_id("bench", n // PER_PROBLEM) for n in range(first, first + count)]
    sampled = [ids.content_id("trace", n) for n in range(first, first + count)]
    words = rng.integers(0, 50_000, (count, WORDS)).astype(str)
    repeated = {"traces": traces, "verdicts": verdicts}
    made = {name: pl.concat([frame] * count) for name, frame in repeated.items()}
    made["traces"] = made["traces"].with_columns(
        trace_id=pl.Series(sampled),
        problem_id=pl.Series(asked),
        sample=pl.Series(np.arange(first, first + count) % PER_PROBLEM),
        reasoning=pl.Series([" ".join(row) for row in words]),
    )
    right = pl.Series(rng.random(count) < 0.5)
    made["verdicts"] = made["verdicts"].with_columns(
        trace_id=pl.Series(sampled),
        status=pl.select(
            pl.when(right).then(pl.lit("correct")).otherwise(pl.lit("incorrect"))
        ).to_series(),
    )
    unique = list(dict.fromkeys(asked))
    made["problems"] = pl.concat([problems] * len(unique)).with_columns(
        problem_id=pl.Series(unique),
        prompt=pl.Series([f"Question {one}" for one in unique]),
    )
    return made


def _nouns() -> tuple[pl.DataFrame, pl.DataFrame, pl.DataFrame]:
    """One row of each table."""
    asked = Message(role="user", content="Question")
    problem = Problem(
        messages=(asked,), domain="math", reference="1", verifier="math", source="bench"
    )
    trace = Trace(
        trace_id="", problem_id="", sample=0, teacher="bench", model="bench", raw="",
        response=ANSWER, layout="think", finish_reason="stop",
    )  # fmt: skip
    verdict = Verdict(
        trace_id="", status="correct", verifier="math", version=MathVerifier.version, extracted="1"
    )
    rows = {"problems": problem, "traces": trace, "verdicts": verdict}
    frames = []
    for table, noun in rows.items():
        row = tables.to_row(noun) | ({"raw": None} if table == "traces" else {})
        frames.append(pl.DataFrame(pa.Table.from_pylist([row], schema=TABLES[table])))
    return frames[0], frames[1], frames[2]


def filtered(run: Path, *changes: str) -> tuple[float, float, float]:
    """Runs the command; returns its wall and CPU seconds and its peak memory in GB."""
    command = [sys.executable, "-m", "cotfactory", "--quiet", "filter", str(run), "--no-splits"]
    began = time.monotonic()
    process = subprocess.Popen([*command, *(a for c in changes for a in ("--set", c))])
    _, status, usage = os.wait4(process.pid, 0)
    if status:
        raise SystemExit(status)
    return time.monotonic() - began, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1e6


def main() -> None:
    """Prints a line for the first pass, and one for each change."""
    traces = int(next(islice(sys.argv, 1, None), "800000"))
    with tempfile.TemporaryDirectory() as folder:
        run = Path(folder, "run")
        make_run(run, traces)
        print(f"{traces} traces {'wall s':>17} {'CPU s':>8} {'peak GB':>8}")
        passes = {
            "first pass": [],
            **{c: [f"filter.rules.long_paragraph.limit={c}"] for c in CHANGES},
        }
        for name, changes in passes.items():
            wall, cpu, peak = filtered(run, *changes)
            print(f"{name:24} {wall:8.2f} {cpu:8.2f} {peak:8.2f}", flush=True)
    own = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6
    print(f"(this script: {own:.2f} GB)")


if __name__ == "__main__":
    main()
