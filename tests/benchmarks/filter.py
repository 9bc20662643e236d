"""The whole of `cotfactory filter`: speed and memory of each station, and growth with the input.

    python tests/benchmarks/filter.py [--corpus FOLDER] [SIZE ...]

SIZE is such as 128MB or 4GB of text, in traces of 12 KB. A tenth of the traces have a planted
fault; the share that its rule finds is printed. FOLDER keeps the corpus: what is made of it
already is not made again. Each size is a process of its own with two workers. Memory is the most
that the process and its workers held together, as sampled. After the first size a rule is
changed and changed back, then 1 % more traces are added; the largest size is projected to 800,000
traces.
"""

import argparse
import itertools
import json
import os
import random
import resource
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from typing import Any

import corpus
import planted
import polars as pl

from cotfactory import pipeline
from cotfactory.decide import decide
from cotfactory.store import journal, parts
from cotfactory.store.run import Run
from cotfactory_schemas import Recipe, Rule
from cotfactory_schemas.recipe import FilterSettings, Plugin

WORKERS = 2
MEAN_WORDS = 2_000  # 12 KB a trace
CHUNK_MB = 64
FAULT_SHARE = 0.1
MORE = 0.01
SEEN_FILE = "seen.json"
PROJECTED_MB = 800_000 * 12_000 / 1e6
STATIONS = (
    "verify", "annotate", "deduplicate", "decide", "build", "write_catalog", "write_report",
)  # fmt: skip
RULES = {
    "2 % Chinese": "mixed_language",
    "5 % French": "mixed_language",
    "5 % German": "mixed_language",
    "loop": "loop",
    "counting loop": "counting_loop",
    "wall of text": "long_paragraph",
    "wrongly decoded": "broken_characters",
    "leak": "contaminated",
}
"""The rule that is to find each fault."""

Seen = dict[str, dict[str, float]]


def recipe_of(folder: Path) -> Recipe:
    """The shipped rules, and the benchmark whose items leak."""
    exam = Plugin(kind="files", paths=(str(folder / "exam.jsonl"),), problem_kind="reasoning")  # type: ignore[call-arg]
    return Recipe(name="bench", filter=FilterSettings(benchmarks=(exam,), workers=WORKERS))


def make_corpus(folder: Path, megabytes: float) -> list[Path]:
    """Makes the chunks of a corpus that are missing, two at a time; returns their runs."""
    folder.mkdir(parents=True, exist_ok=True)
    exam = folder / "exam.jsonl"
    if not exam.exists():
        words = " ".join(text.text for text in corpus.texts(0.5, seed=10**6)).split()
        items = [" ".join(words[i : i + 40]) for i in range(0, 40_000, 40)]
        exam.write_text("".join(json.dumps({"prompt": item}) + "\n" for item in items))
    chunks = [folder / f"chunk-{n:04d}" for n in range(-(-int(megabytes) // CHUNK_MB))]
    with ProcessPoolExecutor(WORKERS) as pool:
        list(pool.map(make_chunk, [chunk for chunk in chunks if not (chunk / "made").exists()]))
    return chunks


def make_chunk(chunk: Path) -> None:
    """Makes CHUNK_MB of texts as a run."""
    shutil.rmtree(chunk, ignore_errors=True)
    number = int(chunk.name.removeprefix("chunk-"))
    made = spoiled(CHUNK_MB, number, chunk.parent / "exam.jsonl")
    corpus.make_run(chunk, made, recipe_of(chunk.parent), prefix=f"Question {number}-")
    (chunk / "made").touch()


def spoiled(megabytes: float, seed: int, exam: Path) -> Iterator[corpus.Text]:
    """Yields texts with faults in some."""
    rng = random.Random(seed)
    items = [json.loads(line)["prompt"] for line in exam.read_text().splitlines()]
    for text in corpus.texts(megabytes, seed, MEAN_WORDS):
        fault = rng.choice(sorted(RULES)) if rng.random() < FAULT_SHARE else ""
        thought = text.text
        if fault == "leak":
            thought = f"{thought} {rng.choice(items).upper()}"
        elif fault:
            thought = planted.FAULTS[fault](rng, thought)
        yield text._replace(text=thought, fault=fault)


def assemble(run: Path, chunks: list[Path], recipe: Recipe) -> None:
    """Makes one run of the chunks; their parts are linked, not copied."""
    with Run.open(run, recipe):
        pass
    numbers = itertools.count(1)
    log = journal.Journal(run / "commits.log")
    for chunk in chunks:
        for commit in journal.read(chunk / "commits.log"):
            name = parts.part_name(next(numbers))
            for entry in commit["parts"]:
                (run / entry["table"]).mkdir(exist_ok=True)
                os.link(chunk / entry["table"] / entry["file"], run / entry["table"] / name)
            log.append([{"parts": [{**entry, "file": name} for entry in commit["parts"]]}])
    log.close()


class Silent:
    """Shows nothing."""

    def stage(self, stage: str, done: int, total: int | None) -> None:
        """Takes what a station says of its progress."""


class Stopwatch:
    """Times the stations of the pipeline, and samples the memory of this process and its own."""

    def __init__(self) -> None:
        self.seen: Seen = {}
        self._peak = 0.0
        for name in STATIONS:
            setattr(pipeline, name, self.timed(name, getattr(pipeline, name)))
        threading.Thread(target=self._sample, daemon=True).start()

    def timed(self, name: str, station: Callable[..., object]) -> Callable[..., object]:
        """Returns the station, timed under that name."""

        def timed(*args: object) -> object:
            self._peak = 0.0
            wall, cpu = time.monotonic(), cpu_s()
            result = station(*args)
            spent = {"wall": time.monotonic() - wall, "cpu": cpu_s() - cpu, "peak": self._peak}
            self.seen[name] = spent
            return result

        return timed

    def _sample(self) -> None:
        while True:
            self._peak = max(self._peak, sum(map(_resident_gb, _family(os.getpid()))))
            time.sleep(0.1)


def cpu_s() -> float:
    """CPU seconds of this process and of its children that have ended."""
    usages = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(usage.ru_utime + usage.ru_stime for usage in usages)


def _family(process: int) -> list[int]:
    try:
        children = Path(f"/proc/{process}/task/{process}/children").read_text()
    except OSError:
        return []
    return [process, *itertools.chain.from_iterable(_family(int(c)) for c in children.split())]


def _resident_gb(process: int) -> float:
    try:
        pages = int(Path(f"/proc/{process}/statm").read_text().split()[1])
    except OSError:
        return 0.0
    return pages * resource.getpagesize() / 1e9


def passes(run: Path, megabytes: float, *, again: bool) -> Mapping[str, Any]:
    """Filters the run; with `again` also decides by another rule, and filters 1 % more."""
    recipe, watch = recipe_of(run.parent), Stopwatch()
    found: dict[str, Any] = {"": _filtered(run, recipe, watch), "recall": recalls(run)}
    if again:
        long = Rule(reject_if="length_reasoning_chars > 50000", because="long")
        rules = {**recipe.filter.rules, "long": long}
        settings = recipe.filter.model_copy(update={"rules": rules})
        with Run.open(run, recipe.model_copy(update={"filter": settings})) as writer:
            watch.timed("decide", decide)(writer)
        found["other rule: "] = {"decide": watch.seen["decide"]}
        found["first rule: "] = _filtered(run, recipe, watch)
        more = spoiled(megabytes * MORE, 10**5, run.parent / "exam.jsonl")
        corpus.make_run(run, more, recipe, prefix="more")
        found["1 % more: "] = _filtered(run, recipe, watch)
    return found


def one(run: str, megabytes: float, *, again: bool) -> None:
    """Writes what `passes` found beside the run, as JSON."""
    found = passes(Path(run), megabytes, again=again)
    Path(run).with_name(SEEN_FILE).write_text(json.dumps(found))


def _filtered(run: Path, recipe: Recipe, watch: Stopwatch) -> Seen:
    watch.seen = {}
    wall, cpu = time.monotonic(), cpu_s()
    pipeline.filter_run(run, recipe, Silent())  # type: ignore[arg-type]
    whole = {"wall": time.monotonic() - wall, "cpu": cpu_s() - cpu}
    peak = max(seen["peak"] for seen in watch.seen.values())
    return {**watch.seen, "all": {**whole, "peak": peak}}


def recalls(run: Path) -> dict[str, float]:
    """The share of each fault's traces that its rule rejects, and of clean ones it blames."""
    traces = pl.read_parquet(
        [*(run / "traces").glob("*.parquet")], columns=["trace_id", "source_id"]
    )
    decided = pl.read_parquet(run / "decisions" / "*.parquet")
    seen = traces.join(decided, on="trace_id")
    shares = {}
    for fault, rule in RULES.items():
        fired = seen["rules"].list.contains(rule)
        for name, of in {fault: fault, f"{fault}, clean": ""}.items():
            group = fired.filter(seen["source_id"] == of)
            shares[name] = sum(group) / max(1, len(group))
    return shares


def show(megabytes: float, found: Mapping[str, Any]) -> None:
    """Prints a line for each station, then what was found of the faults."""
    for prefix, stations in found.items():
        if prefix == "recall":
            continue
        for station, seen in stations.items():
            rate = f"{megabytes / seen['cpu']:9.1f}" if not prefix and seen["cpu"] else " " * 9
            print(
                f"{megabytes:6.0f} {prefix + station:24} {seen['wall']:8.2f} {seen['cpu']:8.2f} "
                f"{rate} {seen['peak']:8.2f}",
                flush=True,
            )
    said = (f"{fault} {found['recall'][fault]:.3f}" for fault in RULES)
    blamed = max(found["recall"][f"{fault}, clean"] for fault in RULES)
    print(f"       found: {', '.join(said)}; clean ones blamed {blamed:.4f} at most", flush=True)


def main() -> None:
    """Prints the table for each size, and the projection."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--corpus", type=Path)
    parser.add_argument("sizes", nargs="*", type=_megabytes, default=[64.0, 128.0])
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        folder = (given.corpus or Path(temporary)).absolute()
        chunks = make_corpus(folder, max(given.sizes))
        print(f"{'MB':>6} {'station':24} {'wall s':>8} {'CPU s':>8} {'MB/CPU s':>9} {'peak GB':>8}")
        walls = []
        for number, size in enumerate(given.sizes):
            run = folder / "run"
            shutil.rmtree(run, ignore_errors=True)
            used = chunks[: -(-int(size) // CHUNK_MB)]
            assemble(run, used, recipe_of(folder))
            made = float(len(used) * CHUNK_MB)
            # Not as a script: workers would import it again, and all of the pipeline with it.
            call = f"import filter; filter.one({str(run)!r}, {made}, again={number == 0})"
            subprocess.run([sys.executable, "-c", call], check=True, cwd=Path(__file__).parent)
            found = json.loads((folder / SEEN_FILE).read_text())
            show(made, found)
            walls.append(found[""]["all"]["wall"] * PROJECTED_MB / made / 60)
            shutil.rmtree(run)
    print(f"800,000 traces of 12 KB at the last size's speed: {walls[-1]:.1f} minutes, projected")


def _megabytes(text: str) -> float:
    for unit, factor in (("GB", 1024.0), ("MB", 1.0)):
        if text.upper().endswith(unit):
            return float(text[: -len(unit)]) * factor
    return float(text)


if __name__ == "__main__":
    main()
