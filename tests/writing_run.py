"""A small run, written group by group; used by the crash tests, in this process or another.

As a program it writes the run at its argument and says on standard output, unbuffered, which
groups are durable.
"""

import os
import sys
from collections.abc import Callable
from pathlib import Path

import polars as pl

from builders import problem, trace, verdict
from cotfactory.store.read import scan
from cotfactory.store.run import Run
from cotfactory_schemas import Recipe

GROUPS, ROWS = 8, 5
RECIPE = Recipe(name="crash")


def write(path: Path, durable: Callable[[int], None]) -> None:
    """Writes what is not there yet, rolls on the way, and calls `durable` after each group."""
    one = problem()
    with Run.open(path, RECIPE) as run:
        there = set(scan(run, "traces").collect().get_column("sample"))
        for group in range(GROUPS):
            samples = range(group * ROWS, (group + 1) * ROWS)
            made = [trace(one, s, reasoning="so " * 40) for s in samples if s not in there]
            run.append([*made, *map(verdict, made)])
            durable(group)
            if group % 3 == 2:
                run.roll()


def check(path: Path, durable: int) -> None:
    """Asserts that the first `durable` groups survived, and that writing goes on to the whole."""
    if durable:
        with Run.open(path):
            pass
        survived = samples(path)
        assert set(range(durable * ROWS)) <= set(survived)
        assert len(survived) == len(set(survived))
    write(path, lambda _: None)
    assert samples(path) == list(range(GROUPS * ROWS))
    verdicts = scan(Run.read(path), "verdicts").select(pl.col("trace_id").n_unique(), n=pl.len())
    assert verdicts.collect().row(0) == (GROUPS * ROWS, GROUPS * ROWS)
    assert Run.read(path).unlisted() == []


def say(group: int) -> None:
    os.write(1, b"%d\n" % group)


def samples(path: Path) -> list[int]:
    return sorted(scan(Run.read(path), "traces").collect().get_column("sample").to_list())


if __name__ == "__main__":
    write(Path(sys.argv[1]), say)
