"""The whole filter pass: speed by stage, peak memory, growth with the input, re-deciding, 1 % more.

    python tests/benchmarks/filter.py [MEGABYTES]

Runs every station of `cotfactory filter` but verification on corpora of one, two and four times so
many megabytes, each in a process of its own. MB/s are of wall time with two workers; CPU seconds
and peak memory count the workers too (memory: the station's own plus the largest worker, twice).
"""

import json
import logging
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from itertools import islice
from pathlib import Path

import corpus

from cotfactory.annotate import annotate
from cotfactory.decide import decide
from cotfactory.dedup import deduplicate
from cotfactory.store.run import Run, RunWriter
from cotfactory_schemas import Recipe
from cotfactory_schemas.decision import Rule

RECIPE = Recipe(name="bench")
STRICTER = Rule(
    reject_if="completion_tokens > 10 OR length_reasoning_chars > 20000", because="long"
)
MORE = 0.01


def passes(run: Path, megabytes: float) -> dict[str, dict[str, float]]:
    """Runs the stations, then decides anew, then adds 1 % and runs the stations again."""
    found = _stations(run, RECIPE, "")
    rules = {**RECIPE.filter.rules, "long": STRICTER}
    stricter = RECIPE.model_copy(
        update={"filter": RECIPE.filter.model_copy(update={"rules": rules})}
    )
    with Run.open(run, stricter) as writer:
        found["re-decide"] = _timed(lambda: decide(writer))
    corpus.make_run(run, corpus.texts(megabytes * MORE, seed=1), RECIPE, prefix="more")
    return found | _stations(run, RECIPE, "1 % more: ")


def _stations(run: Path, recipe: Recipe, prefix: str) -> dict[str, dict[str, float]]:
    stations: dict[str, Callable[[RunWriter], object]] = {
        "annotate": lambda writer: annotate(writer, recipe.filter),
        "deduplicate": deduplicate,
        "decide": decide,
    }
    with Run.open(run, recipe) as writer:
        return {
            prefix + name: _timed(lambda station=station: station(writer))  # type: ignore[misc]
            for name, station in stations.items()
        }


def _timed(station: Callable[[], object]) -> dict[str, float]:
    before, cpu = time.monotonic(), _cpu_s()
    station()
    return {"wall_s": time.monotonic() - before, "cpu_s": _cpu_s() - cpu, "peak_gb": _peak_gb()}


def _cpu_s() -> float:
    usages = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(usage.ru_utime + usage.ru_stime for usage in usages)


def _peak_gb() -> float:
    own = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    worker = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss
    return (own + RECIPE.filter.workers * worker) / 1e6


def main() -> None:
    """Prints a line for each station and size."""
    logging.disable(logging.WARNING)
    megabytes = float(next(islice(sys.argv, 1, None), "16"))
    print(f"{'':>7} {'station':24} {'wall s':>8} {'CPU s':>8} {'MB/s':>8} {'peak GB':>8}")
    for size in (megabytes, 2 * megabytes, 4 * megabytes):
        with tempfile.TemporaryDirectory() as folder:
            run = Path(folder, "run")
            corpus.make_run(run, corpus.texts(size), RECIPE)
            child = [sys.executable, __file__, "--one", str(run), str(size)]
            out = subprocess.run(child, check=True, stdout=subprocess.PIPE).stdout
        for station, seen in json.loads(out).items():
            rate = f"{size / seen['wall_s']:8.1f}" if station.startswith(("a", "ded")) else " " * 8
            print(
                f"{size:4.0f} MB {station:24} {seen['wall_s']:8.2f} {seen['cpu_s']:8.2f} {rate} "
                f"{seen['peak_gb']:8.2f}",
                flush=True,
            )


if __name__ == "__main__":
    if sys.argv[1:2] == ["--one"]:
        print(json.dumps(passes(Path(sys.argv[2]), float(sys.argv[3]))))
    else:
        main()
