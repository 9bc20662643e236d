"""Builds the splits of a run: every trace ends in exactly one, with journeys beside."""

import functools
import itertools
import shutil
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, NamedTuple, Self

from cotfactory.splits.builders import journey_rows, rejected_rows, shortcut_rows
from cotfactory.splits.group import Group, Sample
from cotfactory.splits.inputs import inputs_of
from cotfactory.splits.judge import look_through, search
from cotfactory.splits.load import groups
from cotfactory.splits.place import Placed, place_group
from cotfactory.splits.preference import preference_rows
from cotfactory.splits.shards import Piece, PieceWriter, join, joins
from cotfactory.splits.shuffle import buckets_of, read_bucket, shuffle
from cotfactory.splits.stitched import stitched_rows
from cotfactory.splits.written import Written, WrittenTexts
from cotfactory.store import atomic
from cotfactory.store.run import Run, RunWriter
from cotfactory.workers import Workers
from cotfactory_filters.verify.pool import VerifierPool
from cotfactory_schemas import PreferenceRow, Recipe, SplitRow
from cotfactory_schemas.recipe import VerifySettings

Progress = Callable[[str, int, int | None], None]
SplitBuilder = Callable[[Placed], Iterator[SplitRow] | Iterator[PreferenceRow]]

BUILDERS: Mapping[str, SplitBuilder] = {
    "shortcut": shortcut_rows,
    "journey": journey_rows,
    "stitched": stitched_rows,
    "rejected": rejected_rows,
    "preference": preference_rows,
}
"""What makes rows, in the order in which a problem's rows are written."""

STATION = FOLDER = "splits"
CHUNK_SAMPLES = 512  # how many samples are judged together
RANGE_BUCKETS = 4  # what one worker builds at a time: about one shard of the largest split


@dataclass(frozen=True)
class MaterialiseSummary:
    """What was built: rows by (split, part, origin), and seconds of wall time."""

    counts: Mapping[tuple[str, str, str], int]
    seconds: float

    def rows(self, split: str, origin: str | None = None) -> int:
        """Rows of a split, of one origin or of all."""
        return sum(
            count
            for (of, _, made), count in self.counts.items()
            if of == split and origin in (None, made)
        )

    def facts(self) -> dict[str, object]:
        """The same as plain JSON, for the manifest."""
        rows = {"/".join(key): count for key, count in sorted(self.counts.items())}
        return {"rows": rows, "seconds": round(self.seconds, 1)}

    @classmethod
    def of(cls, facts: Mapping[str, Any]) -> Self:
        """Reads what `facts` wrote."""
        return cls({_key(name): n for name, n in facts["rows"].items()}, facts["seconds"])


def _key(name: str) -> tuple[str, str, str]:
    split, part, origin = name.split("/")
    return split, part, origin


class _Source(NamedTuple):
    """Where a worker finds what it builds rows from."""

    run: Path
    recipe: Recipe
    scratch: Path


class _Range(NamedTuple):
    """Neighbouring buckets, from which one worker builds pieces of all splits."""

    source: _Source
    number: int
    buckets: range


class _Built(NamedTuple):
    number: int
    samples: int
    pieces: Sequence[Piece]
    counts: Counter[tuple[str, str, str]]


def build(run: RunWriter, progress: Progress | None = None) -> MaterialiseSummary:
    """Materialises the splits and records of what, unless they are of the same already.

    Raises:
        CotfactoryError: a trace has no decision yet, or a worker process was killed.
    """
    inputs, recorded = inputs_of(run), run.manifest.get(STATION, {})
    if recorded.get("inputs") == inputs and (run.path / FOLDER).exists():
        return MaterialiseSummary.of(recorded)
    built = materialise(run, progress)
    run.record(STATION, {**built.facts(), "inputs": inputs})
    return built


def discard(run: RunWriter) -> None:
    """Removes the splits, so that none stay that are older than the decisions."""
    shutil.rmtree(run.path / FOLDER, ignore_errors=True)
    run.record(STATION, {})


def materialise(run: Run, progress: Progress | None = None) -> MaterialiseSummary:
    """Builds `splits/` anew from traces, verdicts and decisions; it replaces the former as a whole.

    Each worker holds the text of one bucket of problems at a time. `progress` gets first "shuffle",
    then "materialise", with the traces done and those in all.

    Raises:
        CotfactoryError: a trace has no decision yet, or a worker process was killed.
    """
    started = time.monotonic()
    tell = _Told(progress, run.rows("traces"))
    with (
        atomic.writing_folder(run.path / FOLDER) as folder,
        _shuffled(run, tell) as (ranges, workers),
    ):
        built = []
        for made in _built(ranges, workers):
            built.append(made)
            tell("materialise", made.samples)
        built.sort(key=lambda made: made.number)
        pieces = [piece for made in built for piece in made.pieces]
        list(workers.each(join, joins(pieces, folder)))
    counts = sum((made.counts for made in built), Counter[tuple[str, str, str]]())
    return MaterialiseSummary(dict(counts), time.monotonic() - started)


class _Told:
    """Adds up what is done, stage by stage."""

    def __init__(self, progress: Progress | None, total: int) -> None:
        self._progress = progress
        self._total = total
        self._done: Counter[str] = Counter()

    def __call__(self, stage: str, more: int) -> None:
        self._done[stage] += more
        if self._progress:
            self._progress(stage, self._done[stage], self._total)


@contextmanager
def _shuffled(run: Run, tell: _Told) -> Iterator[tuple[list[_Range], Workers]]:
    """Yields the ranges of a run whose buckets are filled, and workers to build them."""
    buckets = range(1, buckets_of(run) + 1)
    starts = buckets[::RANGE_BUCKETS]
    count = min(run.recipe.filter.workers, len(starts))
    with (
        tempfile.TemporaryDirectory(atomic.TEMPORARY_SUFFIX, ".sort-", run.path) as name,
        Workers(count, "building the splits") as workers,
    ):
        shuffle(run, Path(name), workers, functools.partial(tell, "shuffle"))
        source = _Source(run.path, run.recipe, Path(name))
        ranges = [
            _Range(source, number, buckets[start - 1 : start - 1 + RANGE_BUCKETS])
            for number, start in enumerate(starts)
        ]
        yield ranges, workers


@contextmanager
def placed_groups(run: Run) -> Iterator[Iterator[list[Placed]]]:
    """Yields the placed groups of a run, a chunk at a time."""
    with (
        _shuffled(run, _Told(None, 0)) as (ranges, _),
        VerifierPool(run.recipe.verify) as pool,
    ):
        yield itertools.chain.from_iterable(_placed_chunks(of, pool) for of in ranges)


def _built(ranges: Sequence[_Range], workers: Workers) -> Iterator[_Built]:
    if workers.beside:
        yield from workers.each(_build_in_worker, ranges)
        return
    with VerifierPool(ranges[0].source.recipe.verify) as pool:
        yield from workers.each(functools.partial(_build, pool), ranges)


def _build_in_worker(task: _Range) -> _Built:
    return _build(_pool(task.source.recipe.verify.model_dump_json()), task)


@functools.cache
def _pool(settings: str) -> VerifierPool:
    """One for all tasks of a worker process: what it loads takes seconds. It ends with it."""
    return VerifierPool(VerifySettings.model_validate_json(settings))


def _build(pool: VerifierPool, task: _Range) -> _Built:
    samples = 0
    with PieceWriter(task.source.scratch / f"range-{task.number}") as writer:
        for chunk in _placed_chunks(task, pool):
            for placed in chunk:
                for build in BUILDERS.values():
                    for row in build(placed):
                        writer.write(row)
                samples += len(placed.group.samples)
    return _Built(task.number, samples, writer.pieces, writer.counts)


def _placed_chunks(task: _Range, pool: VerifierPool) -> Iterator[list[Placed]]:
    source = task.source
    written = WrittenTexts(source.run)
    for number in task.buckets:
        bucket = read_bucket(source.scratch, number)
        for chunk in _chunks(groups(bucket, source.recipe)) if bucket else ():
            yield _placed(chunk, source.recipe, pool, written)


def _chunks(found: Iterator[Group]) -> Iterator[list[Group]]:
    chunk: list[Group] = []
    samples = 0
    for group in found:
        chunk.append(group)
        samples += len(group.samples)
        if samples >= CHUNK_SAMPLES:
            yield chunk
            chunk, samples = [], 0
    if chunk:
        yield chunk


def _placed(
    chunk: list[Group], recipe: Recipe, pool: VerifierPool, written: Mapping[str, Written]
) -> list[Placed]:
    """Judges what the thoughts of the chunk state, all together, then places group by group."""
    samples: list[Sample] = [sample for group in chunk for sample in group.samples]
    natural = recipe.splits.journey.natural
    seen = iter(look_through(samples, pool) if natural else search(samples))
    filled = [
        replace(group, samples=list(itertools.islice(seen, len(group.samples)))) for group in chunk
    ]
    return [place_group(group, recipe, written) for group in filled]
